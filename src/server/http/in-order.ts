/**
 * The requests of one connection are carried out one after another, as their sender expects, and none of those that follow
 * an answer that ends the connection: a refusal may mean that nobody knows where the next request begins.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class InOrder {
  /** The end of the last request, and whether another one may follow. */
  readonly #last = new WeakMap<Socket, Promise<boolean>>();

  run({ socket }: IncomingMessage, response: ServerResponse, work: () => Promise<void>): void {
    const before = this.#last.get(socket);
    const done = before === undefined ? work() : before.then((mayFollow) => (mayFollow ? work() : undefined));
    this.#last.set(
      socket,
      done.then(() => response.headersSent && response.shouldKeepAlive && !endsConnection(response)),
    );
  }
}

function endsConnection(response: ServerResponse): boolean {
  return response.destroyed || String(response.getHeader('connection')).toLowerCase() === 'close';
}
