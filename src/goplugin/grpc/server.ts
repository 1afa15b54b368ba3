/** A gRPC server that is handed its connections one by one: from a socket, or from inside another connection. */
import { Server } from '@grpc/grpc-js';
import type { Duplex } from 'node:stream';
import type { Servable } from '../broker/broker.ts';
import { within } from '../limit.ts';
import type { MutualTls } from '../tls/identity.ts';
import { serverCredentials } from './credentials.ts';
import { addServices } from './handlers.ts';

export class ConnectionServer {
  readonly #server = new Server({
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.enable_channelz': 0,
  });
  readonly #injector: { injectConnection(connection: Duplex): void };
  readonly #connections = new Set<Duplex>();
  #closed = false;

  /** @throws InvalidOptionError when an implementation does not fit its definition */
  constructor(what: readonly Servable[], tls: MutualTls | undefined) {
    for (const part of what) {
      if (typeof part === 'function') part(this.#server);
      else addServices(this.#server, part);
    }
    this.#injector = this.#server.createConnectionInjector(serverCredentials(tls));
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
    this.#injector.injectConnection(connection);
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
