export interface EngineVersion {
  readonly version: string;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly os: string;
  readonly architecture: string;
  readonly kernelVersion: string;
  /** The engine's parts: `containerd`, `runc`, `conmon`, ... */
  readonly components: readonly { readonly name: string; readonly version: string }[];
}
