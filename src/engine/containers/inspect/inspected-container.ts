import type { Ulimit } from '../create/create-container.ts';

export interface ContainerState {
  /** Podman's `stopped`, `configured` and `initialized` are told as `exited` and `created`. */
  readonly status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly running: boolean;
  /** Process id on the engine's host; 0 when it does not run. */
  readonly pid: number;
  readonly exitCode: number;
  /** Why the last start failed; empty otherwise. Podman 4 never says. */
  readonly error: string;
  /** Podman before 5 never says so. */
  readonly oomKilled: boolean;
  readonly startedAt?: Date | undefined;
  readonly finishedAt?: Date | undefined;
}

export interface InspectedMount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly propagation: string;
  readonly options: readonly string[];
}

export interface InspectedDevice {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly permissions: string;
}

/** What the engine really created. One type for Docker and Podman; where a limit is a number, 0 is none. */
export interface InspectedContainer {
  readonly id: string;
  /** Without a leading slash. */
  readonly name: string;
  /** With `sha256:`. */
  readonly imageId: string;
  /** The reference it was created from. */
  readonly image: string;
  readonly createdAt: Date;
  readonly state: ContainerState;
  readonly restartCount: number;
  readonly config: {
    readonly hostname: string;
    readonly user: string;
    /** `NAME=value`, those of the image and of the engine included. */
    readonly env: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
    readonly entrypoint: readonly string[];
    readonly cmd: readonly string[];
    readonly workingDirectory: string;
    readonly tty: boolean;
    readonly openStdin: boolean;
    readonly stopSignal: string;
    readonly stopTimeout?: number | undefined;
    /** The command of the health check, `NONE` or nothing without one. */
    readonly healthcheck: readonly string[];
  };
  /** Docker: name as configured. Podman: what its service was started with, a name or a path: compare base names. */
  readonly runtime: string;
  readonly network: string;
  /** Nothing is set up in its network namespace. On Podman so with the mode `none`. */
  readonly networkDisabled: boolean;
  /** Names of the networks that it is connected to. */
  readonly networks: readonly string[];
  /** Ports of the host that lead to it; `all` where all that the image names are published. */
  readonly publishedPorts: readonly string[];
  /** Names that were added to its `/etc/hosts`. */
  readonly extraHosts: readonly string[];
  /** Name servers that were named for it. */
  readonly dns: readonly string[];
  readonly readOnlyRootFilesystem: boolean;
  /** As the engine shows them, with `CAP_` taken off. Podman shows `ALL` as the list of those that it took away. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  /** What the runtime was given, with `CAP_` taken off. Podman only. */
  readonly effectiveCaps?: readonly string[] | undefined;
  readonly boundingCaps?: readonly string[] | undefined;
  readonly noNewPrivileges: boolean;
  readonly securityOpt: readonly string[];
  /** Empty for none, and on Docker for its default before the first start. */
  readonly apparmorProfile: string;
  /** SELinux; empty for none. */
  readonly processLabel: string;
  /** Paths that are hidden, or can't be written to. Docker only. */
  readonly maskedPaths?: readonly string[] | undefined;
  readonly readonlyPaths?: readonly string[] | undefined;
  readonly groupAdd: readonly string[];
  readonly memoryBytes: number;
  readonly memorySwapBytes: number;
  readonly cpuNanos: number;
  /** 0 is none. */
  readonly pidsLimit: number;
  readonly ulimits: readonly Ulimit[];
  readonly cgroupParent: string;
  readonly ipcMode: string;
  /** Bytes of `/dev/shm`. */
  readonly shmSize: number;
  /** Empty on Docker, and `private` on Podman, for namespaces of its own. */
  readonly pidMode: string;
  readonly utsMode: string;
  readonly cgroupnsMode: string;
  readonly usernsMode: string;
  readonly oomScoreAdj: number;
  readonly logDriver: string;
  readonly autoRemove: boolean;
  /** Name of the policy; empty is `no`. */
  readonly restartPolicy: string;
  /** Whether a small init is process 1. */
  readonly init: boolean;
  readonly oomKillDisable: boolean;
  readonly mounts: readonly InspectedMount[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly privileged: boolean;
  readonly devices: readonly InspectedDevice[];
  /** Other ways to devices: how many requests there are, and the rules for its cgroup. Docker only. */
  readonly deviceRequests: number;
  readonly deviceCgroupRules: readonly string[];
  /** Docker only. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Docker only. */
  readonly storageOptions: Readonly<Record<string, string>>;
  /** Containers that it shares something with: volumes, links, its pod. */
  readonly sharedWith: readonly string[];
  /** Podman's ways of its own: a systemd set-up, secrets of its store, a container outside of cgroups. */
  readonly extras: readonly string[];
  /** The engine's whole answer (Podman: libpod's), unchecked. It holds environment values. */
  readonly raw: unknown;
}
