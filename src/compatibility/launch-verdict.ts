/** The verdict that follows from the facts for one launch. */
import type { ContainerSettings, TmpfsOptions } from '../settings/container-settings.ts';
import type { PassedSettings } from '../settings/setting-list.ts';
import type { NetworkAccess } from './network-access.ts';

/** What the caller wants besides the defaults. Every value is optional; an absent one means its default. */
export interface LaunchRequirements extends ContainerSettings {
  /** Name of the runtime. */
  readonly runtime: string;
  /** Replaces the image's entrypoint. Nothing is then known about the program. */
  readonly entrypoint?: readonly string[] | undefined;
  /** Replaces the image's command. What it names is not looked up in the image. */
  readonly args?: readonly string[] | undefined;
  /** Whether the plugin locks its memory (`mlockall`), as Vault's plugins do unless told not to. Default false. */
  readonly mlock?: boolean | undefined;
  /** Whether brokered connections must travel in the main one (go-plugin 1.6). Default false. */
  readonly brokerMultiplex?: boolean | undefined;
}

/** How the directory for the plugin's unix socket is made on the host. */
export interface SocketDirectoryPlan {
  /** Owner to whom the directory is given; absent: it stays with this process. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Group to which the directory is given, a host id; absent: the owner's own. */
  readonly gid?: number | undefined;
  readonly mode: number;
  /**
   * Group, a host id, that must be able to pass our folders on the way to the directory: that of an engine that is
   * neither root nor this user. Absent: nobody else may pass.
   */
  readonly passingGid?: number | undefined;
  /** Host user who must be able to connect to sockets that the plugin makes. The default ACL names this user. */
  readonly defaultAclUid?: number | undefined;
}

export interface StrategyUlimit {
  readonly name: 'memlock';
  /** Limit in bytes; -1 is unlimited. */
  readonly soft: number;
  readonly hard: number;
}

/** What a launch does about SELinux on an engine that labels its containers. */
export interface SelinuxPlan {
  /** `disabled`: the container has no label, as runsc wants it. `own`: the one that the engine chooses for it. */
  readonly label: 'disabled' | 'own';
  /** Whether the engine gives the plugin's folder the label of its container. */
  readonly relabel: boolean;
  /** Whether this process gives its own sockets the label of the container, so that this plugin alone may connect. */
  readonly labelSockets: boolean;
}

/**
 * Everything that the launch executes, with the settings that reach the engine unchanged. The launch decides nothing
 * again. Plain data.
 */
export interface LaunchStrategy extends PassedSettings {
  /**
   * Which recipe shares the socket: an otherwise unused group, the host's own group, container group 0 of a rootless
   * engine, or a group of the engine's user namespace.
   */
  readonly recipe: 'unused-group' | 'host-group' | 'rootless-group' | 'remapped-group';
  readonly runtime: string;
  /**
   * Who starts the container: the engine that was judged, or a Podman service of our own for this runtime. Only
   * `PluginHost` does the latter: it starts the service and judges again.
   */
  readonly service: 'given' | 'own-podman';
  readonly directory: SocketDirectoryPlan;
  /** Group of the plugin's sockets, as an id in the container. */
  readonly socketGid: number;
  /** User to run as, `uid:gid`; absent: the image's own. */
  readonly user?: string | undefined;
  /** Supplementary groups of the plugin. */
  readonly groups: readonly string[];
  /** All capabilities that the container has, without `CAP_`. */
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  /** Absent where the engine gives no SELinux labels. */
  readonly selinux?: SelinuxPlan | undefined;
  /**
   * True where the broker can only work in the main connection, the plugin can do that, and the caller did not say how it
   * is to be. Absent: as the caller says.
   */
  readonly brokerMultiplex?: true | undefined;
  /** True where the engine can't give a cgroup namespace of its own, as Docker before 20.10. */
  readonly sharesCgroupNamespace?: boolean | undefined;
  /** Annotations for the runtime, by which gVisor is told to show the sockets. Absent: none. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Limits that locking memory needs. They override the limits that were asked for. */
  readonly ulimits: readonly StrategyUlimit[];
  readonly memoryBytes?: number | undefined;
  readonly pidsLimit?: number | undefined;
  /**
   * File systems in memory at the image's volumes, so that the engine makes no volume there. A path is in its shortest
   * form. Absent: the image has no volumes.
   */
  readonly volumes?: readonly TmpfsOptions[] | undefined;
  /** Variables of the image that the container gets empty: they are go-plugin's, or have no value in the image. */
  readonly blankVariables?: readonly string[] | undefined;
  /** Signal in place of the image's stop signal, which is none. */
  readonly stopSignal?: string | undefined;
  /** Whether the launch has to prove after the start that gVisor runs the container. */
  readonly proveGvisor: boolean;
}

/** One rule and its outcome. */
export interface Reason {
  /** Id of the rule. */
  readonly rule: string;
  /** What must hold. */
  readonly requirement: string;
  /** What was seen, with its evidence; or why nothing could be seen. */
  readonly observed: string;
  /** What to change, as a command or field. It says so when nothing helps. */
  readonly remedy: string;
  /** Where the rule comes from. */
  readonly source: string;
}

/**
 * `works`, with how; `refused`, with every reason; or `unknown`, with what could not be observed, so that a launch
 * needs an explicit override. `attempt` is what an overridden launch does.
 */
export type LaunchVerdict =
  | {
      readonly status: 'works';
      readonly strategy: LaunchStrategy;
      /** The network that the plugin will have. */
      readonly network: NetworkAccess;
      /** What one should know although it works, such as that locked memory under gVisor is not locked on the host. */
      readonly notes: readonly Reason[];
    }
  | {
      readonly status: 'refused' | 'unknown';
      /** For `refused`: first what is not met, then what could not be observed. */
      readonly reasons: readonly Reason[];
      readonly attempt: LaunchStrategy;
      /** The network that the plugin would have. */
      readonly network: NetworkAccess;
      readonly notes: readonly Reason[];
    };
