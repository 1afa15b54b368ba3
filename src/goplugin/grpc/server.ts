/** A gRPC server that is handed its connections one by one: from a socket, or from inside another connection. */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Duplex } from 'node:stream';
import type { Servable } from '../broker/broker.ts';
import { within } from '../limit.ts';
import type { MutualTls } from '../tls/identity.ts';
import type { ServiceDefinition } from '../service.ts';
import { addServices } from './handlers.ts';
import { securedServer } from './tls-connection.ts';

export class ConnectionServer {
  /** The definitions of everything that is served. */
  readonly definitions: readonly ServiceDefinition[];
  readonly #server = new DescribedServer({
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.enable_channelz': 0,
  });
  readonly #accept: (connection: Duplex) => void;
  readonly #connections = new Set<Duplex>();
  #closed = false;

  /** @throws InvalidOptionError when an implementation does not fit its definition */
  constructor(what: readonly Servable[], tls: MutualTls | undefined) {
    for (const part of what) {
      if (typeof part === 'function') part(this.#server);
      else addServices(this.#server, part);
    }
    this.definitions = this.#server.definitions;
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    const inject = (connection: Duplex): void => {
      if (this.#closed) connection.destroy();
      else injector.injectConnection(connection);
    };
    // Not grpc-js's own TLS: that would make a context for each server, and a broker has many.
    this.#accept = tls ? securedServer(tls, inject) : inject;
  }

  /** Serves one connection, until either side closes it. */
  serve(connection: Duplex): void {
    if (this.#closed) {
      connection.destroy();
      return;
    }
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    connection.on('error', () => undefined); // its calls report what this breaks
    this.#accept(connection);
  }

  /** Lets what has been answered reach the other side, and calls in progress end, for a limited time; then closes. */
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

/** Remembers what it was given: generated code in the style of grpc-js adds its services to the server itself. */
class DescribedServer extends Server {
  readonly definitions: ServiceDefinition[] = [];

  override addService(...[definition, implementation]: Parameters<Server['addService']>): void {
    this.definitions.push(definition);
    super.addService(definition, implementation);
  }
}
