/** The plugin with which trials are made. */
import type { Mount, PluginHostOptions } from '../host/index.ts';
import type { PluginKind } from '../kinds/index.ts';

/** How a plugin is made to fail at its start, or during its calls. */
export type Misbehaviour = 'exits' | 'ends-at-once' | 'babbles' | 'is-silent' | 'speaks-another-protocol';

export interface Subject {
  readonly name: string;
  /** Reference of the image at each engine. */
  readonly image: string;
  readonly kind: PluginKind;
  /** Arguments with which the plugin misbehaves; those that are missing are not drawn. */
  readonly misbehaviours: Readonly<Partial<Record<Misbehaviour, readonly string[]>>>;
  /**
   * Sends the word to the plugin through the mount and returns the word that came back, which has to be the same one.
   * The call must not be repeated by the subject itself.
   */
  readonly call: (
    mount: Pick<Mount, 'client'>,
    word: string,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<string>;
  /** Has the plugin keep so many bytes in memory. */
  readonly fill?:
    ((mount: Pick<Mount, 'client'>, bytes: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Image of Vault's key/value engine, with which the HTTP API is tried; without it, it is not. */
  readonly vaultImage?: string | undefined;
}

/** An engine, and the runtime with which trials are made there. */
export interface Place {
  readonly name: string;
  readonly socketPath: string;
  readonly runtime: string;
  /**
   * Whether the hosts reach the engine through the proxy, which makes the faults of the engine. Behind it, a rootless Docker
   * can't be told by its process, and without that nobody knows who has to enter the folders of the sockets. Default true.
   */
  readonly proxied?: boolean | undefined;
  /** A folder that the engine sees under the same path. Default: the system's temporary folder. */
  readonly shareDirectory?: string | undefined;
  readonly hostOptions?: Pick<PluginHostOptions, 'override'> | undefined;
  /** Whether the engine's limit of memory holds there. Default false. */
  readonly limitsMemory?: boolean | undefined;
  /** What may be done to the engine itself, where it is the trials' own. Each resolves when the engine serves again. */
  readonly disturb?: Readonly<Partial<Record<Disturbance, () => Promise<void>>>> | undefined;
}

/** Faults of an engine that is the trials' own: its process is stopped for a moment, killed, or replaced by a newer one. */
export const disturbances: readonly string[] = ['engine-stopped', 'engine-killed', 'engine-upgraded'];
export type Disturbance = 'engine-stopped' | 'engine-killed' | 'engine-upgraded';
