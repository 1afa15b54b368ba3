/** A gRPC server that is given its connections one by one: from a socket, or from inside another connection. */
import type { Duplex } from 'node:stream';
import type { Servable } from '../../broker/broker.ts';
import { within } from '../../limit.ts';
import type { MutualTls } from '../../tls/identity.ts';
import type { ServedService, ServiceDefinition } from '../../service.ts';
import { limits } from '../../limits.ts';
import { Http2Server } from './http2-server.ts';
import { Intake } from './intake.ts';
import { LibraryServer } from './library-server.ts';
import { securedServer } from '../connection/tls-connection.ts';

export class ConnectionServer {
  /** The definitions of everything that is served. */
  readonly definitions: readonly ServiceDefinition[];
  readonly #server: Http2Server | LibraryServer;
  readonly #intake: Intake;
  readonly #accept: (connection: Duplex) => void;
  readonly #connections = new Set<Duplex>();
  #closed = false;

  /**
   * @param what only a function, which fills a server of `@grpc/grpc-js`, needs that library, for everything then
   * @param intake the count that all servers for one plugin share
   * @throws InvalidOptionError when an implementation does not fit its definition
   */
  constructor(what: readonly Servable[], tls: MutualTls | undefined, intake: Intake = new Intake()) {
    this.#intake = intake;
    const services: ServedService[] = [];
    for (const part of what) if (typeof part !== 'function') services.push(...part);
    if (what.some((part) => typeof part === 'function')) {
      const server = new LibraryServer(what, intake);
      this.definitions = server.definitions;
      this.#server = server;
    } else {
      this.definitions = services.map(({ definition }) => definition);
      this.#server = new Http2Server(services, intake);
    }
    const serve = (connection: Duplex): void => {
      if (this.#closed) connection.destroy();
      else this.#server.serve(connection);
    };
    this.#accept = tls ? securedServer(tls, serve) : serve;
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
    await within(milliseconds, this.#server.finish());
    this.close();
  }

  /** Ends all calls and connections at once. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.close();
    for (const connection of this.#connections) connection.destroy(); // those still in their TLS handshake
  }
}
