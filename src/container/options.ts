/** A writable in-memory file system in the container. */
export interface TmpfsOptions {
  /** Absolute path in the container. */
  readonly path: string;
  /** Default 64 MiB. `unlimited`: half of the host's memory, as the kernel has it, or the memory limit if that is less. */
  readonly sizeBytes?: number | 'unlimited' | undefined;
  /** Permission bits; default 0o1777. */
  readonly mode?: number | undefined;
  /** Whether programs in it can be executed. Default false. */
  readonly exec?: boolean | undefined;
}

/** A limit of the container's processes. */
export interface UlimitOptions {
  /** Such as `memlock` or `nofile`. */
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/** Labels as they are, or made for the name of the container or image that gets them. */
export type Labels = Readonly<Record<string, string>> | ((name: string) => Readonly<Record<string, string>>);

/** The labels of what has this name. */
export function labelsFor(labels: Labels | undefined, name: string): Readonly<Record<string, string>> {
  return typeof labels === 'function' ? labels(name) : (labels ?? {});
}

/**
 * One plugin container. Everything that is not asked for is denied: no capability, no network, a read-only root file
 * system, no new privileges, the engine's seccomp profile, namespaces of its own, no health check of the image's, and a
 * limited amount of memory and number of processes where that works.
 */
export interface PluginContainerOptions {
  /** A local image: reference or id. Bulkhead never pulls. */
  readonly image: string;
  /** What to call the plugin in errors, and its container; default: the image. */
  readonly title?: string | undefined;
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
  /**
   * Default `none`: a network namespace with a loopback interface and nothing else, and no `/etc/hosts` but the image's
   * own. Anything else is passed to the engine as its network mode; the namespace of the host (`host`) or of another
   * container (`container:NAME`) is refused, unless `override` says otherwise.
   */
  readonly network?: string | undefined;
  /**
   * Refuses a plugin that is root in its container, or could become it, or whose user can't be told before the launch.
   * The engine is given the user as numbers, so that supplementary groups of the image do not come with it. That a user
   * namespace makes root nobody on the host does not count. Default false.
   */
  readonly requireNonRoot?: boolean | undefined;
  /**
   * `unconfined`: without a seccomp profile, so that the plugin can make every system call that its capabilities allow.
   * Default: the engine's own profile; a launch on an engine that has none by default is refused.
   */
  readonly seccomp?: 'unconfined' | undefined;
  /**
   * Default true. Podman 5 then makes /dev read-only too, where gVisor lets no device be written to, /dev/null neither.
   */
  readonly readOnlyRootFilesystem?: boolean | undefined;
  /** Default: true, except where what was asked for can't work with it (Docker before 23 and a file capability). */
  readonly noNewPrivileges?: boolean | undefined;
  /** Set it when the plugin locks its memory, as Vault's do by default: then the container is made so that it may. */
  readonly mlock?: boolean | undefined;
  /** Capabilities to give back, such as `IPC_LOCK`; default none. */
  readonly capAdd?: readonly string[] | undefined;
  /**
   * Memory of the whole container, and of the sandbox under gVisor; no swap beside it where the engine can tell the two
   * apart. Refused where the engine would not enforce it. Default 1 GiB where it does, and no limit where it would not;
   * `unlimited` lifts it.
   */
  readonly memoryBytes?: number | 'unlimited' | undefined;
  /** In billionths of a core. Refused where the engine would not enforce it. Default: no limit. */
  readonly cpuNanos?: number | undefined;
  /** Default 512 where the engine enforces it, which gVisor never does; refused where it would not. `unlimited` lifts it. */
  readonly pidsLimit?: number | 'unlimited' | undefined;
  readonly cgroupParent?: string | undefined;
  /** Limits of processes, such as `nofile`; -1 is unlimited. What memory locking needs (`mlock`) is set without being asked for. */
  readonly ulimits?: readonly UlimitOptions[] | undefined;
  /**
   * Launches although it could not be observed whether it works (`unknown`), or although it is known not to
   * (`refused`). What the engine makes is compared with the request all the same. Default: neither.
   */
  readonly override?: 'unknown' | 'refused' | undefined;
  /**
   * Folder in which what was read out of images is kept, for other processes. Default: none; this process reads each
   * image once.
   */
  readonly imageCacheDirectory?: string | undefined;
  /** Added to the labels that tell whose the container is. */
  readonly labels?: Labels | undefined;
  /** Folder for the private socket directory, seen by the engine under the same path. Default: the system's temporary folder. */
  readonly socketDirectory?: string | undefined;
}
