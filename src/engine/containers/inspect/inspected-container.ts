import type { Ulimit } from '../create/create-container.ts';

export interface ContainerState {
  /** Podman's `stopped`, `configured` and `initialized` are reported as `exited` and `created`. */
  readonly status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly running: boolean;
  /** Process id on the engine's host; 0 when it does not run. */
  readonly pid: number;
  readonly exitCode: number;
  /** Why the last start failed; empty otherwise. Podman 4 never reports it. */
  readonly error: string;
  /** Podman before 5 never reports it. */
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

/** An address of a container in a network. */
export interface NetworkAddress {
  readonly address: string;
  /** Number of bits of the address that name the network. */
  readonly prefixLength: number;
  /** The way out of the network; absent in an internal one. */
  readonly gateway?: string | undefined;
}

/** A container's place in one network. */
export interface NetworkEndpoint {
  /** Name of the network. */
  readonly network: string;
  /** Absent on Docker before the start. Podman before 5 gives the name of the network here. */
  readonly networkId?: string | undefined;
  /** Absent while the container does not run, and in networks without addresses of this kind. */
  readonly ipv4?: NetworkAddress | undefined;
  readonly ipv6?: NetworkAddress | undefined;
  readonly macAddress?: string | undefined;
}

/** What the engine really created, in one type for Docker and Podman. Where a limit is a number, 0 means none. */
export interface InspectedContainer {
  readonly id: string;
  /** Name without a leading slash. */
  readonly name: string;
  /** Image id with `sha256:`. */
  readonly imageId: string;
  /** The reference from which the container was created. */
  readonly image: string;
  readonly createdAt: Date;
  readonly state: ContainerState;
  readonly restartCount: number;
  readonly config: {
    readonly hostname: string;
    readonly user: string;
    /** Variables as `NAME=value`, including those of the image and of the engine. */
    readonly env: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
    readonly entrypoint: readonly string[];
    readonly cmd: readonly string[];
    readonly workingDirectory: string;
    readonly tty: boolean;
    readonly openStdin: boolean;
    readonly stopSignal: string;
    readonly stopTimeout?: number | undefined;
    /** The command of the health check; `NONE` or empty without one. */
    readonly healthcheck: readonly string[];
  };
  /** Docker: name as configured. Podman: the name or path with which its service was started. Compare base names. */
  readonly runtime: string;
  readonly network: string;
  /** Whether nothing is set up in its network namespace. On Podman that is so with the mode `none`. */
  readonly networkDisabled: boolean;
  /** Names of the networks to which the container is connected. */
  readonly networks: readonly string[];
  /**
   * The same networks with the container's addresses. On Podman it is empty for a container that is in no network: in
   * the namespace of the host, or with slirp4netns or pasta. For a container in the namespace of another one Podman
   * tells the networks of that one, and Docker tells none.
   */
  readonly endpoints: readonly NetworkEndpoint[];
  /** Ports of the host that lead to the container; `all` where all ports that the image names are published. */
  readonly publishedPorts: readonly string[];
  /** Names that were added to its `/etc/hosts`. */
  readonly extraHosts: readonly string[];
  /** Name servers that were set for the container. */
  readonly dns: readonly string[];
  readonly readOnlyRootFilesystem: boolean;
  /** As the engine shows them, without `CAP_`. Podman shows `ALL` as the list of those that it took away. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  /** Capabilities that the runtime was given, without `CAP_`. Podman only. */
  readonly effectiveCaps?: readonly string[] | undefined;
  readonly boundingCaps?: readonly string[] | undefined;
  readonly noNewPrivileges: boolean;
  readonly securityOpt: readonly string[];
  /** Empty for none, and on Docker for its default before the first start. */
  readonly apparmorProfile: string;
  /** SELinux label of the processes; empty for none. */
  readonly processLabel: string;
  /** SELinux label of its files; empty for none. */
  readonly mountLabel: string;
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
  /** Empty on Docker and `private` on Podman for a namespace of its own. */
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
  /** Other ways to devices: the number of device requests, and the rules for its cgroup. Docker only. */
  readonly deviceRequests: number;
  readonly deviceCgroupRules: readonly string[];
  /** Docker only. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Docker only. */
  readonly storageOptions: Readonly<Record<string, string>>;
  /** Containers with which it shares something: volumes, links, its pod. */
  readonly sharedWith: readonly string[];
  /** Features that only Podman has: a systemd set-up, secrets of its store, a container outside of cgroups. */
  readonly extras: readonly string[];
  /** The engine's whole answer (Podman: libpod's), unchecked. It holds environment values. */
  readonly raw: unknown;
}
