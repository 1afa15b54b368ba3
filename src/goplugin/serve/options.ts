import type { Server } from '@grpc/grpc-js';
import type { Broker } from '../broker/broker.ts';
import type { MagicCookie } from '../plugin.ts';
import type { MaxMessageBytes } from '../limits.ts';
import type { ReattachConfig } from '../reattach/config.ts';
import type { ServedService } from '../service.ts';
import type { Logger } from './logger.ts';

/** What a plugin's services may need to know. */
export interface ServeContext {
  /** The version agreed on with the host. */
  readonly protocolVersion: number;
  /** Further connections to and from the host. */
  readonly broker: Broker;
  readonly logger: Logger;
}

export interface ServeTestOptions {
  /** Called once, when hosts can connect. */
  readonly onReady: (config: ReattachConfig) => void;
  /** Sends prints to the host, as outside of tests. Default: false. */
  readonly syncStdio?: boolean | undefined;
}

export interface ServeOptions {
  /** The same as the host's. */
  readonly handshake: MagicCookie;
  /** The application protocol versions this plugin speaks. Default: `[1]`. The highest common one is chosen. */
  readonly protocolVersions?: readonly number[] | undefined;
  /** What is served: a list, or a function that makes it for the version that was agreed on. */
  readonly services?:
    | readonly ServedService[]
    | ((context: ServeContext) => readonly ServedService[] | Promise<readonly ServedService[]>)
    | undefined;
  /** Adds further services to the `@grpc/grpc-js` server directly, for generated code in its style. */
  readonly register?: ((server: Server, context: ServeContext) => void) | undefined;
  /**
   * The longest message, in bytes, that the host may send: requests, and answers of its brokered services. `'unlimited'`
   * for 2 GiB. Default: 64 MiB; a plugin in Go takes 4 MiB unless told otherwise.
   */
  readonly maxMessageBytes?: MaxMessageBytes | undefined;
  /** Default: a logger of the host's kind on stderr. */
  readonly logger?: Logger | undefined;
  /** Called when the plugin is to end; it has one second. What it throws is logged. */
  readonly onShutdown?: (() => void | Promise<void>) | undefined;
  /** Ends the process with code 0 when the plugin has been shut down. Default: true, and false with `test`. */
  readonly exit?: boolean | undefined;
  /**
   * A plugin whose host is gone ends by itself after this many milliseconds. Default: 10000, with `test` never;
   * `Infinity` for never.
   * Gone means: the stream that go-plugin hosts keep open has ended and no new one was opened.
   */
  readonly hostGoneMs?: number | undefined;
  /**
   * Serves within a program that somebody runs by hand, a test or a debugger (Go: `ServeTestConfig`): no cookie, no
   * handshake line, no AutoMTLS, no signals handled, prints left alone. Hosts come by the configuration and go as they
   * like; the plugin ends with `signal`.
   */
  readonly test?: ServeTestOptions | undefined;
  /** Abort shuts the plugin down as the host would. */
  readonly signal?: AbortSignal | undefined;
}
