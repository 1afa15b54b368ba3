/** The public types of a running plugin and of what starts it. The code is in `start.ts`. */
import type { Broker } from './broker/broker.ts';
import type { ClientMaker } from './service.ts';
import type { ReattachConfig } from './reattach/config.ts';
import type { Reflection } from './reflection/client.ts';
import type { MaxMessageBytes } from './limits.ts';
import type { LogEntry } from './output/log-entry.ts';
import type { OutputGap, PluginAddress, PluginExit, RunnerFactory } from './runner.ts';

/**
 * The shared word by which host and plugin recognise each other. It is not a secret: it keeps people from running a
 * plugin by hand.
 */
export interface MagicCookie {
  /** Name of the environment variable, for example `BASIC_PLUGIN`. */
  readonly magicCookieKey: string;
  readonly magicCookieValue: string;
}

/** What host and plugin agreed on in the handshake line. */
export interface NegotiatedHandshake {
  /** Version of go-plugin's own protocol: always 1. */
  readonly coreVersion: number;
  /** The application's protocol version that the plugin chose from those the host offered. */
  readonly protocolVersion: number;
  readonly network: PluginAddress['network'];
  /** Address as the plugin printed it. */
  readonly address: string;
  /** The same address as the host reaches it. */
  readonly hostAddress: PluginAddress;
  /** True when every connection is TLS with both certificates checked (AutoMTLS). */
  readonly tls: boolean;
  /** True when brokered connections travel inside the one main connection. */
  readonly multiplexing: boolean;
}

/** A piece of what the plugin printed: bytes, not lines; a piece may end within a character. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

export interface StartPluginOptions {
  /** Makes the runner in which the plugin runs: `subprocessRunner(...)`, or a container's. Called once. */
  readonly createRunner: RunnerFactory;
  readonly handshake: MagicCookie;
  /** The application protocol versions this host speaks, in any order, for example `[1]`. At least one. */
  readonly protocolVersions: readonly number[];
  /** Encrypts and authenticates both ways with throw-away certificates. Default: true. */
  readonly autoMtls?: boolean | undefined;
  /**
   * Carries every connection to and from the plugin inside one, in place of a socket for each (Go:
   * `GRPCBrokerMultiplex`). The plugin must be built with go-plugin 1.6 or later; an older one is refused. Default:
   * false. The README gives the cost of each mode.
   */
  readonly brokerMultiplex?: boolean | undefined;
  /**
   * The longest message, in bytes, that the plugin may send: answers to calls, and what it sends to brokered services.
   * `'unlimited'` allows 2 GiB, as hosts in Go do. A decoded message may be many times larger. Default: 64 MiB.
   */
  readonly maxMessageBytes?: MaxMessageBytes | undefined;
  /** Limit in milliseconds for start, handshake and first connection together. Default: 60000. */
  readonly startTimeoutMs?: number | undefined;
  /** Abort ends what was started, waits until nothing is left, and rethrows the reason as it is. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called for each log line on the plugin's stderr, in order. What it throws becomes a process warning and
   * changes nothing else: the plugin is never held up.
   */
  readonly onLog?: ((entry: LogEntry) => void) | undefined;
  /**
   * Called for each piece the plugin prints after its handshake (`fmt.Println`, `console.log`). An error that it throws
   * is treated as one of `onLog`.
   */
  readonly onOutput?: ((chunk: OutputChunk) => void) | undefined;
  /**
   * Called when some of the plugin's output may be missing: the connection to the engine was lost, and the output was
   * attached to again. The plugin's log has a line about it too. An error that it throws is treated as one of `onLog`.
   */
  readonly onOutputGap?: ((gap: OutputGap) => void) | undefined;
}

export interface StopOptions {
  /** How long the plugin may take to end by itself after being asked, in milliseconds. Default: 2000. */
  readonly graceMs?: number | undefined;
  /** After the grace: time in milliseconds between SIGTERM and SIGKILL. Default: 0, SIGKILL at once. */
  readonly terminateMs?: number | undefined;
  /** Abort ends every grace period: the plugin is killed at once, then the reason is rethrown as it is. */
  readonly signal?: AbortSignal | undefined;
}

/** A running plugin. */
export interface Plugin extends AsyncDisposable {
  readonly handshake: NegotiatedHandshake;
  /** Name of what runs: image reference or path of the executable. */
  readonly name: string;
  /** Container id or process id. */
  readonly id: string | undefined;
  /** Resolves, never rejects, when the plugin has ended, for whatever reason. */
  readonly exited: Promise<PluginExit>;
  /** False once the main connection is known to be gone: no call can succeed any more, whether or not the plugin runs. */
  readonly connected: boolean;
  /** Resolves, never rejects, when the main connection is gone. Usually some moments before `exited`. */
  readonly disconnected: Promise<void>;
  /**
   * Resolves, never rejects, with the reason when something that the plugin needs was taken away on the host, such as its
   * folder for sockets. It may still answer calls, but no further connection can be made. Absent: nobody watches that.
   */
  readonly impaired?: Promise<string> | undefined;
  /** Further connections to and from this plugin. */
  readonly broker: Broker;

  /**
   * A promise client of one of the plugin's services. Costs nothing: all clients share one connection.
   *
   * Methods take `(request, { signal, timeoutMs, metadata })`. A call that fails because the plugin ended throws
   * `PluginExitedError` with its exit code and last output; any other failure throws `PluginCallError`.
   *
   * ```ts
   * const kv = plugin.client<KvService>(definition);
   * const { value } = await kv.get({ key: 'a' }, { timeoutMs: 1000 });
   * ```
   */
  readonly client: ClientMaker;

  /**
   * What the plugin says about its own services, which allows calls without a .proto file.
   *
   * ```ts
   * const kv = plugin.client(await plugin.reflection.service('proto.KV'));
   * const { value } = await kv.get({ key: 'a' });
   * ```
   */
  readonly reflection: Reflection;

  /**
   * Asks the plugin's health service. Resolves when it says that it serves.
   *
   * @throws PluginUnhealthyError when it answers anything else; otherwise as any call. Default time limit: 5000 ms.
   */
  health(options?: { signal?: AbortSignal | undefined; timeoutMs?: number | undefined }): Promise<void>;

  /**
   * Returns where another host can find this plugin, for `reattachPlugin` or a host in Go.
   *
   * @throws PluginError when it has AutoMTLS or multiplexing, which no second host can take part in
   */
  reattachConfig(): ReattachConfig;

  /**
   * Ends the plugin: asks it to shut down, waits `graceMs`, then kills it. Idempotent: later calls share the first.
   * The runner's leftovers (socket directory, container) go with `[Symbol.asyncDispose]`.
   */
  stop(options?: StopOptions): Promise<PluginExit>;

  /** `stop()`, then removes everything that was made for this plugin. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}
