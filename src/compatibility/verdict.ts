/** What follows from the facts for one launch: it works, and how, or it is refused, and why. */

/** What the caller wants beside the defaults. Every value is optional; absent means the default. */
export interface LaunchWishes {
  readonly runtime: string;
  /** Overrides the image's user. */
  readonly user?: string | undefined;
  readonly memoryBytes?: number | undefined;
  readonly cpuNanos?: number | undefined;
  readonly pidsLimit?: number | undefined;
}

/** How the directory for the plugin's unix socket is made on the host. */
export interface SocketDirectoryPlan {
  /** Owner to hand the directory to; absent: stays with this process. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Group to give the directory, a host id; absent: the owner's own. */
  readonly gid?: number | undefined;
  readonly mode: number;
  /** Host user who must be able to connect to sockets that the plugin makes: named in the default ACL. */
  readonly defaultAclUid?: number | undefined;
}

/** Everything the launch code executes. It decides nothing again. */
export interface LaunchStrategy {
  /** Which recipe shares the socket: an otherwise unused group, the host's own group, or a rootless engine's group 0. */
  readonly recipe: 'unused-group' | 'host-group' | 'rootless-group';
  readonly runtime: string;
  readonly directory: SocketDirectoryPlan;
  /** Group id as the container sees it: added to the plugin's groups and given to the plugin for its socket. */
  readonly socketGid: number;
  readonly pidsLimit: number | undefined;
}

export interface Refusal {
  /** Id of the rule that is not met. */
  readonly rule: string;
  readonly reason: string;
  /** What to change. */
  readonly remedy: string;
}

export type LaunchVerdict =
  | { readonly status: 'works'; readonly strategy: LaunchStrategy }
  | { readonly status: 'refused'; readonly refusals: readonly Refusal[] };
