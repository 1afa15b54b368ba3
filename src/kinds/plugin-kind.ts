/** Describes a kind of plugin for a host: how to start it, and whether it may be shared. */
import type { AbortOption } from '../abort.ts';
import { PluginCallError, type CallMetadata, type MagicCookie, type Plugin } from '../goplugin/index.ts';
import type { ServiceDefinition, StartPluginOptions } from '../goplugin/index.ts';
import { fieldNumber } from '../goplugin/internal.ts';

export interface PluginKind {
  readonly handshake: MagicCookie;
  /** Application protocol versions that the host offers. */
  readonly protocolVersions: readonly number[];
  /** The longest message that a plugin of this kind may send, in bytes, or `'unlimited'`. Default: 65 MiB. */
  readonly maxMessageBytes?: StartPluginOptions['maxMessageBytes'];
  /** Variables for every plugin of this kind. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Further variables for plugins that lock their memory. */
  readonly mlockEnv?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether several mounts may use one instance. `ask` asks the plugin, by `pluginutil.multiplexing`, as Vault does; a
   * function decides for each plugin that was started.
   */
  readonly sharing: 'ask' | 'always' | 'never' | SharingRule;
  /** Sent with every call of a mount, so that the plugin can tell mounts apart. */
  readonly metadata?: ((mountId: string) => CallMetadata) | undefined;
  /** Asks a plugin to describe itself when it is registered. */
  readonly probe?: ((plugin: Plugin, options: AbortOption) => Promise<PluginSelfDescription>) | undefined;
}

export interface PluginSelfDescription {
  /** `auth`, `secret`, ...; `undefined` when the plugin does not say. */
  readonly type?: string | undefined;
  /** The version as the plugin writes it; `undefined` when it reports none. */
  readonly version?: string | undefined;
}

export type SharingRule = (plugin: Plugin, options: AbortOption) => boolean | Promise<boolean>;

/**
 * Whether several mounts may share the plugin.
 *
 * @throws the errors of a call; a plugin without the service is not shared
 */
export async function maySharePlugin(
  kind: PluginKind,
  plugin: Plugin,
  options: AbortOption = {},
): Promise<boolean> {
  if (typeof kind.sharing === 'function') return kind.sharing(plugin, options);
  if (kind.sharing !== 'ask') return kind.sharing === 'always';
  try {
    const reply = await plugin
      .client<MultiplexingClient>(multiplexingService)
      .MultiplexingSupport({}, { timeoutMs: askMs, ...options });
    return reply.supported;
  } catch (error) {
    if (error instanceof PluginCallError && error.status === 'UNIMPLEMENTED') return false;
    throw error;
  }
}

const askMs = 10_000;

interface MultiplexingClient {
  MultiplexingSupport(
    request: object,
    options: { timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<{ supported: boolean }>;
}

/** Vault: sdk/helper/pluginutil/multiplexing.proto */
const multiplexingService: ServiceDefinition = {
  MultiplexingSupport: {
    path: '/pluginutil.multiplexing.PluginMultiplexing/MultiplexingSupport',
    requestStream: false,
    responseStream: false,
    requestSerialize: () => Buffer.alloc(0),
    requestDeserialize: () => ({}),
    responseSerialize: () => Buffer.alloc(0),
    responseDeserialize: (bytes) => ({ supported: fieldNumber(bytes, 1) !== 0 }),
  },
};
