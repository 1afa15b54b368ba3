/** A gRPC server that is given its connections one by one: from a socket, or from inside another connection. */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Servable } from '../broker/broker.ts';
import { within } from '../limit.ts';
import type { MutualTls } from '../tls/identity.ts';
import type { ServiceDefinition } from '../service.ts';
import { limits } from '../limits.ts';
import { guardStream } from './guarded-stream.ts';
import { addServices } from './handlers.ts';
import { Intake } from './intake.ts';
import { securedServer } from './tls-connection.ts';

export class ConnectionServer {
  /** The definitions of everything that is served. */
  readonly definitions: readonly ServiceDefinition[];
  readonly #server = new DescribedServer({
    'grpc.max_receive_message_length': -1, // guarded-stream.ts has the limits
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': limits.servedCallsOfConnection.value,
    'grpc.enable_channelz': 0,
  });
  readonly #intake: Intake;
  readonly #accept: (connection: Duplex) => void;
  readonly #connections = new Set<Duplex>();
  #closed = false;

  /**
   * @param intake the count that all servers for one plugin share
   * @throws InvalidOptionError when an implementation does not fit its definition
   */
  constructor(what: readonly Servable[], tls: MutualTls | undefined, intake: Intake = new Intake()) {
    this.#intake = intake;
    for (const part of what) {
      if (typeof part === 'function') part(this.#server);
      else addServices(this.#server, part, intake);
    }
    this.definitions = this.#server.definitions;
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    guardStreams(this.#server, intake);
    const inject = (connection: Duplex): void => {
      if (this.#closed) connection.destroy();
      else injector.injectConnection(connection);
    };
    // grpc-js's own TLS is not used: it would make a context for each server, and a broker has many servers.
    this.#accept = tls ? securedServer(tls, inject) : inject;
  }

  /** Serves one connection, until either side closes it. */
  serve(connection: Duplex): void {
    connection.on('error', () => undefined); // the connection's calls report what this breaks
    const { servedConnections } = limits;
    if (this.#closed || this.#connections.size >= servedConnections.value || !this.#intake.connect()) {
      connection.destroy();
      return;
    }
    this.#connections.add(connection);
    connection.once('close', () => {
      this.#connections.delete(connection);
      this.#intake.disconnect();
    });
    this.#accept(connection);
  }

  /**
   * Lets sent answers reach the other side and calls in progress end, for a limited time in milliseconds; then closes.
   */
  async finish(milliseconds: number): Promise<void> {
    const finished = new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => {
        resolve();
      });
    });
    await within(milliseconds, finished);
    this.close();
  }

  /** Ends all calls and connections at once. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.forceShutdown();
    for (const connection of this.#connections) connection.destroy(); // those still in their TLS handshake
  }
}

/**
 * Remembers the definitions that it was given: generated code in the style of grpc-js adds its services to the server
 * itself.
 */
class DescribedServer extends Server {
  readonly definitions: ServiceDefinition[] = [];

  override addService(...[definition, implementation]: Parameters<Server['addService']>): void {
    this.definitions.push(definition);
    super.addService(definition, implementation);
  }
}

/**
 * Puts the limits between node:http2 and the server, which has no place for them. This depends on the server's inner
 * form: a server of another form serves nothing.
 */
function guardStreams(server: Server, intake: Intake): void {
  const made: unknown = Reflect.get(server, 'http2Servers');
  const [http2] = made instanceof Map ? (made.keys() as Iterable<Http2Server>) : [];
  const listeners = http2?.listeners('stream') as StreamListener[] | undefined;
  if (!http2 || !listeners || listeners.length === 0) {
    throw new Error(
      "this version of @grpc/grpc-js can't be limited: use the version that this package depends on",
    );
  }
  http2.removeAllListeners('stream');
  http2.on('stream', (stream, headers, flags) => {
    if (!guardStream(stream, headers, intake)) return;
    for (const listener of listeners) listener(stream, headers, flags);
  });
}

type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number) => void;
