/** How the container of a plugin is set up. Plugin runtimes, launches and the engine's client use the same names. */

/** A writable in-memory file system in the container. */
export interface TmpfsOptions {
  /** Absolute path in the container. */
  readonly path: string;
  /**
   * Default 64 MiB. `unlimited`: the kernel's default, half of the host's memory, or the memory limit if that is less.
   */
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
  /** -1 is unlimited. */
  readonly soft: number;
  readonly hard: number;
}

/** Settings of a container. A setting that is left out has its default, which is to deny. */
export interface ContainerSettings {
  /** Refuses a launch on a rootful engine. Default false. */
  readonly rootless?: boolean | undefined;
  /** Overrides the image's user: a name, or `uid:gid`. */
  readonly user?: string | undefined;
  /**
   * Refuses a plugin that is root in its container or could become root, or whose user can't be determined before the
   * launch. The engine is given the user as numbers, so that supplementary groups of the image do not come with it. A
   * user namespace in which root is nobody on the host makes no difference. Default false.
   */
  readonly requireNonRoot?: boolean | undefined;
  /** Working directory in the container. */
  readonly workingDirectory?: string | undefined;
  /**
   * Default `none`: a network namespace with a loopback interface and nothing else, and no `/etc/hosts` but the image's
   * own. Anything else is passed to the engine as its network mode; the namespace of the host (`host`) or of another
   * container (`container:NAME`) is refused, unless `override` says otherwise.
   */
  readonly network?: string | undefined;
  /**
   * Default true. Podman 5 then makes /dev read-only too, so that gVisor lets no device be written to, not even
   * /dev/null.
   */
  readonly readOnlyRootFilesystem?: boolean | undefined;
  /** Capabilities to add, such as `IPC_LOCK`; default none. */
  readonly capAdd?: readonly string[] | undefined;
  /** Default: true, except where what was asked for can't work with it (Docker before 23 and a file capability). */
  readonly noNewPrivileges?: boolean | undefined;
  /**
   * `unconfined` runs the plugin without a seccomp profile, so that the plugin can make every system call that its
   * capabilities allow. Default: the engine's own profile; a launch on an engine that has none by default is refused.
   */
  readonly seccomp?: 'unconfined' | undefined;
  /**
   * Memory of the whole container, and of the sandbox under gVisor. No swap is added where the engine can tell the two
   * apart. Refused where the engine would not enforce it. Default: 1 GiB where it would, and no limit where it would
   * not; `unlimited` lifts it.
   */
  readonly memoryBytes?: number | 'unlimited' | undefined;
  /** Billionths of a core. Refused where the engine would not enforce it. Default: no limit. */
  readonly cpuNanos?: number | undefined;
  /** Default 512 where the engine enforces it, which gVisor never does; refused where it would not. `unlimited` lifts it. */
  readonly pidsLimit?: number | 'unlimited' | undefined;
  /** Cgroup that the container goes into. Default: the engine's own. */
  readonly cgroupParent?: string | undefined;
  /** Writable file systems in memory; there are none by default, but for the volumes of the image. */
  readonly tmpfs?: readonly TmpfsOptions[] | undefined;
  /**
   * Size of each file system in memory that takes the place of a volume of the image, unless `tmpfs` has one at the
   * same path. Default 64 MiB. `unlimited`: as for `tmpfs`.
   */
  readonly volumeBytes?: number | 'unlimited' | undefined;
  /**
   * Limits of processes, such as `nofile`; -1 is unlimited. The limit that memory locking needs (`mlock`) is set
   * without being asked for.
   */
  readonly ulimits?: readonly UlimitOptions[] | undefined;
}

export type SettingName = keyof ContainerSettings;
