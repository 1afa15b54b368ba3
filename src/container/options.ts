/** A writable in-memory file system in the container. */
export interface TmpfsOptions {
  /** Absolute path in the container. */
  readonly path: string;
  readonly sizeBytes?: number | undefined;
  /** Permission bits; default 0o1777. */
  readonly mode?: number | undefined;
}

/**
 * One plugin container. Everything that is not asked for is denied: no capability, no network, a read-only root file
 * system, no new privileges, a limited number of processes where that works.
 */
export interface PluginContainerOptions {
  /** A local image: reference or id. Bulkhead never pulls. */
  readonly image: string;
  /** OCI runtime; default `runsc` (gVisor). */
  readonly runtime?: string | undefined;
  /** Replaces the image's entrypoint. */
  readonly entrypoint?: readonly string[] | undefined;
  /** Replaces the image's command. */
  readonly args?: readonly string[] | undefined;
  /** Added to the image's environment. go-plugin's own variables can't be set here. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Overrides the image's user: a name, or `uid:gid`. */
  readonly user?: string | undefined;
  /** Working directory in the container. */
  readonly workingDirectory?: string | undefined;
  /** Writable places in memory; there are none otherwise. */
  readonly tmpfs?: readonly TmpfsOptions[] | undefined;
  /** Default `none`. Anything else is passed to the engine as its network mode. */
  readonly network?: string | undefined;
  /** Default true. */
  readonly readOnlyRootFilesystem?: boolean | undefined;
  /** Default true; a plugin whose binary needs a file capability may need false. */
  readonly noNewPrivileges?: boolean | undefined;
  /** Capabilities to give back, such as `IPC_LOCK`; default none. */
  readonly capAdd?: readonly string[] | undefined;
  /** Refused where the engine would not enforce it. Default: no limit. */
  readonly memoryBytes?: number | undefined;
  /** In billionths of a core. Refused where the engine would not enforce it. Default: no limit. */
  readonly cpuNanos?: number | undefined;
  /** Default 512 where the engine enforces it; refused where it would not. */
  readonly pidsLimit?: number | undefined;
  readonly cgroupParent?: string | undefined;
  /** Added to the labels that tell whose the container is. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Folder for the private socket directory, seen by the engine under the same path. Default: the system's temporary folder. */
  readonly socketDirectory?: string | undefined;
}
