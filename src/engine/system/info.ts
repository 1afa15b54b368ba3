export interface RuntimeInfo {
  /** Executable on the engine's host; absent for runtimes that are containerd shims. */
  readonly path?: string | undefined;
  /** Fixed arguments; Podman never shows them. */
  readonly args?: readonly string[] | undefined;
}

/** One range of a user namespace: `size` ids from `containerId` on are the host's ids from `hostId` on. */
export interface IdMapping {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

/** What an engine is and can do. One type for Docker and Podman. */
export interface EngineInfo {
  /** Docker's identity of this installation. Podman has none (it makes one up at each question). */
  readonly id?: string | undefined;
  /** Host name. */
  readonly name: string;
  readonly serverVersion: string;
  readonly operatingSystem: string;
  /** In Docker's words: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly rootless: boolean;
  readonly cgroupVersion: '1' | '2';
  /** `cgroupfs`, `systemd`, or `none` (rootless Docker without delegation). */
  readonly cgroupDriver: string;
  /** Controllers that containers can use. Podman only. */
  readonly cgroupControllers?: readonly string[] | undefined;
  /** Podman lists every runtime it knows by name, installed or not, and runs only {@link defaultRuntime} before version 6. */
  readonly runtimes: Readonly<Record<string, RuntimeInfo>>;
  /** The runtime that a container gets when none is asked for. Podman: the one that its service really runs. */
  readonly defaultRuntime: string;
  /** As Docker writes them: `name=seccomp,profile=default`, `name=rootless`, ... */
  readonly securityOptions: readonly string[];
  /** Whether a container's memory limit would be enforced. Corrected where the engine claims what it can't do. */
  readonly memoryLimit: boolean;
  /** Whether a container's limit on processes would be enforced. Corrected where the engine claims what it can't do. */
  readonly pidsLimit: boolean;
  /** Whether a container's CPU limit would be enforced. Corrected where the engine claims what it can't do. */
  readonly cpuCfsQuota: boolean;
  readonly storageDriver: string;
  /** Where images and containers are kept on the engine's host. */
  readonly storageRoot: string;
  /** User and group id ranges of the engine's user namespace. Podman rootless only. */
  readonly idMappings?:
    { readonly uids: readonly IdMapping[]; readonly gids: readonly IdMapping[] } | undefined;
  readonly warnings: readonly string[];
  /** The engine's whole answer (Podman: libpod's), unchecked. */
  readonly raw: unknown;
}
