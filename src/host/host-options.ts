/** The options of `PluginHost.open`. */
import type { CatalogStore } from '../catalog/index.ts';
import type { EnginesOptions } from './launching/engines.ts';
import type { HostLogger } from './reporting/events.ts';
import type { InstanceOptions } from './instances/instance-options.ts';
import type { PluginKind } from '../kinds/index.ts';
import type { HostLimits } from './launching/starts.ts';

export interface PluginHostOptions extends EnginesOptions, InstanceOptions {
  /**
   * Directory of the catalogs, which also holds the identity that its hosts share. Default: catalogs in memory, which
   * are gone with the host. A directory that another user could change is refused: `CATALOG_UNTRUSTED`.
   */
  readonly directory?: string | undefined;
  /** Ids of further users, beside this one and root, who may own the directory and what is in it. Default: none. */
  readonly trustedOwners?: readonly number[] | undefined;
  /** A store of the caller's own, in place of `directory`. */
  readonly store?: CatalogStore | undefined;
  /**
   * Id of the cluster. A host removes what dead hosts of its cluster have left. Default: kept in the store, else one
   * per user.
   */
  readonly clusterId?: string | undefined;
  /** OCI runtime of plugins that name none; default `runsc`. */
  readonly runtime?: string | undefined;
  /**
   * `unknown`: plugins are launched although it could not be observed whether that works, as on a host with SELinux,
   * unless their own launch says otherwise. What is known not to work is refused all the same. Default: they are not.
   */
  readonly override?: 'unknown' | undefined;
  /**
   * How long the start of a plugin may take, in milliseconds, unless its launch says otherwise: from its container's start
   * to its first answer. Default: 60 s. What takes longer ends with `PLUGIN_START_TIMEOUT`, and is tried again for a mount.
   */
  readonly startTimeoutMs?: number | undefined;
  /**
   * Kinds of plugins of this program's own, by type, beside those that are built in (Vault's, and `wellKnownKinds`) and
   * those that are registered in the directory. A kind that is given here goes before any other of its name.
   */
  readonly kinds?: Readonly<Record<string, PluginKind>> | undefined;
  /**
   * Parent of the folders for sockets, seen by the engine under the same path. Default: the system's temporary folder.
   */
  readonly socketDirectory?: string | undefined;
  /**
   * Whether other processes of this user can ask the host for its state and logs, for a call and a reload: over a socket
   * in the folder `hosts` of the directory, which only the owner of the directory can enter. True fails to open where
   * no socket can be made; by default a warning is logged, and without a directory there is none.
   */
  readonly control?: boolean | undefined;
  readonly limits?: HostLimits | undefined;
  /** How long an instance that no mount uses is kept, in milliseconds. Default: 0. */
  readonly idleMs?: number | undefined;
  /** Sets Vault's labels on containers too. Default false. */
  readonly vaultLabels?: boolean | undefined;
  /**
   * Starts a small process beside the host that removes its containers and folders within seconds when the host is killed,
   * not only when the next one is opened. Default false.
   */
  readonly watchdog?: boolean | undefined;
  /** Removes what dead hosts of this cluster have left. Default true. */
  readonly sweep?: boolean | undefined;
  readonly logger?: HostLogger | undefined;
  /** Abort ends the opening. A host that is open is ended by `close`. */
  readonly signal?: AbortSignal | undefined;
}

export interface VersionOption {
  /** Default: the pinned version, else the unversioned plugin, else the highest version. */
  readonly version?: string | undefined;
}
