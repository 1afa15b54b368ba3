import type { Fact } from './fact.ts';
import type { NetworkFacts } from './network-facts.ts';

/** What a launch depends on in a Docker or Podman engine. */
export interface EngineFacts {
  readonly kind: 'docker' | 'podman';
  readonly version: string;
  /** The Docker API version that was agreed on. */
  readonly apiVersion: string;
  readonly socketPath: string;
  readonly rootless: boolean;
  /** Whether it runs under this host's kernel; an engine in a virtual machine can't share a unix socket. */
  readonly sameKernel: Fact<boolean>;
  /** The user who runs the engine: on rootless ones, the user that container id 0 is on the host. */
  readonly owner: Fact<{ readonly uid: number; readonly gid: number }>;
  /** The user namespace of its containers; empty where container ids are host ids. */
  readonly idMaps: Fact<{ readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] }>;
  /** Docker's `userns-remap`: container root is an ordinary user of the host although the engine is rootful. */
  readonly remapped: Fact<boolean>;
  /** The runtimes that its containers can be given, by name. A Podman before 6 has only one. */
  readonly runtimes: Readonly<Record<string, RuntimeFacts>>;
  readonly defaultRuntime: string;
  readonly cgroup: {
    readonly version: '1' | '2';
    /** `cgroupfs`, `systemd`, or `none`. */
    readonly driver: string;
    /**
     * Layout of the cgroup hierarchy. `hybrid`: version 1 controllers, and an empty version 2 hierarchy beside them.
     */
    readonly layout: Fact<'v1' | 'v2' | 'hybrid'>;
  };
  /** Limits that are really enforced here: rootless engines also accept limits that they do not enforce. */
  readonly enforces: {
    readonly memory: Fact<boolean>;
    readonly cpu: Fact<boolean>;
    readonly pids: Fact<boolean>;
    /** Whether a limit on memory counts swap too. Absent where the engine does not say. */
    readonly swap?: Fact<boolean> | undefined;
  };
  readonly cpus: Fact<number>;
  /**
   * Security features, as Docker names them: `seccomp`, `apparmor`, `selinux`, `cgroupns`, `rootless`, `userns`.
   * `seccomp` is among them where containers that ask for no profile are given one.
   */
  readonly security: Fact<readonly string[]>;
  /**
   * What confines the engine's own process: its SELinux context or AppArmor profile; empty for neither. Absent where
   * the engine says that the host has neither, and in files of earlier versions.
   */
  readonly context?: Fact<string> | undefined;
  /**
   * The AppArmor profile that containers get, and its mode: `docker-default (enforce)`; empty for none. Absent where the
   * engine uses no AppArmor, and in files of earlier versions.
   */
  readonly containerProfile?: Fact<string> | undefined;
  /** RLIMIT_MEMLOCK of the engine's process, which its containers inherit. */
  readonly memlock: Fact<MemoryLockLimit>;
  /** Whether the engine sees the host's socket folder under the same path: it may live in a mount namespace of its own. */
  readonly seesSocketFolder: Fact<boolean>;
  /** Absent where no launch with a network is judged, and in files of earlier versions. */
  readonly network?: NetworkFacts | undefined;
}

/** `size` ids from `containerId` on are the host's ids from `hostId` on. */
export interface IdRange {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

/** A limit in bytes; `unlimited` means none. */
export interface MemoryLockLimit {
  readonly soft: number | 'unlimited';
  readonly hard: number | 'unlimited';
  /** Whether the engine may give a container more than its own hard limit (CAP_SYS_RESOURCE on the host). */
  readonly mayRaise: boolean;
}

export interface RuntimeFacts {
  /** Kind of the runtime, determined by its program and not by its name. */
  readonly kind: 'runc' | 'crun' | 'runsc' | 'other';
  /** Its program on the engine's host; unknown for containerd shims. */
  readonly path: Fact<string>;
  /** Whether its program is there: engines list runtimes that are configured, whether or not they are installed. */
  readonly installed: Fact<boolean>;
  /** Arguments that the engine gives it, such as `--host-uds=all`. */
  readonly args: Fact<readonly string[]>;
  /** Version that it reports, such as `release-20240729.0`. */
  readonly version: Fact<string>;
  /**
   * Program for which AppArmor has a profile of its own, as far as it is crun's, under which containers then are besides
   * their own one; empty for none. Absent where the engine uses no AppArmor, and in files of earlier versions.
   */
  readonly ownProfile?: Fact<string> | undefined;
  /**
   * SELinux denies it this at systemd, as the audit log names it; empty for nothing. It is told of runsc in a rootful Docker
   * whose cgroups systemd makes. Absent elsewhere, and in files of earlier versions.
   */
  readonly systemdDenial?: Fact<string> | undefined;
}
