import type { Server } from '@grpc/grpc-js';
import type { Broker } from '../broker/broker.ts';
import type { MagicCookie } from '../plugin.ts';
import type { MaxMessageBytes } from '../limits.ts';
import type { ReattachConfig } from '../reattach/config.ts';
import type { ServedService } from '../service.ts';
import type { Logger } from './logger.ts';

/** What the services of a plugin may need to know. */
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
  /** Sends prints to the host, as a plugin outside of tests does. Default: false. */
  readonly syncStdio?: boolean | undefined;
}

export interface ServeOptions {
  /** The magic cookie, the same as the host's. */
  readonly handshake: MagicCookie;
  /** The application protocol versions this plugin speaks. Default: `[1]`. The highest common one is chosen. */
  readonly protocolVersions?: readonly number[] | undefined;
  /** The services: a list, or a function that makes the list for the version that was agreed on. */
  readonly services?:
    | readonly ServedService[]
    | ((context: ServeContext) => readonly ServedService[] | Promise<readonly ServedService[]>)
    | undefined;
  /** Adds further services to the `@grpc/grpc-js` server directly, for generated code in its style. */
  readonly register?: ((server: Server, context: ServeContext) => void) | undefined;
  /**
   * The longest message, in bytes, that the host may send: requests, and answers of its brokered services.
   * `'unlimited'` allows 2 GiB. Default: 64 MiB; a plugin in Go takes 4 MiB unless told otherwise.
   */
  readonly maxMessageBytes?: MaxMessageBytes | undefined;
  /** Logger of the plugin. Default: one of the host's kind on stderr. */
  readonly logger?: Logger | undefined;
  /** Called when the plugin is to end; it has one second. What it throws is logged. */
  readonly onShutdown?: (() => void | Promise<void>) | undefined;
  /** Ends the process with code 0 when the plugin has been shut down. Default: true, and false with `test`. */
  readonly exit?: boolean | undefined;
  /**
   * Time in milliseconds after which a plugin whose host is gone ends by itself. Default: 10000, and never with `test`;
   * `Infinity` means never. A host is gone when the stream that go-plugin hosts keep open has ended and no new one was
   * opened.
   */
  readonly hostGoneMs?: number | undefined;
  /**
   * Serves within a program that somebody runs by hand, a test or a debugger (Go: `ServeTestConfig`): no cookie, no
   * handshake line, no AutoMTLS, no signals handled, prints left alone. Hosts find the plugin by the configuration and
   * may come and go; the plugin ends with `signal`.
   */
  readonly test?: ServeTestOptions | undefined;
  /** Abort shuts the plugin down as a request of the host would. */
  readonly signal?: AbortSignal | undefined;
}
