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
    const follow = (mayFollow: boolean): Promise<void> | undefined => {
      if (mayFollow) return work();
      socket.destroySoon();
      return undefined;
    };
    const done = before === undefined ? work() : before.then(follow);
    this.#last.set(
      socket,
      done.then(() => !socket.destroyed && !endsConnection(response)),
    );
  }
}

/** Also holds when the response is over: it is destroyed then, and its connection is not. */
function endsConnection(response: ServerResponse): boolean {
  return !response.shouldKeepAlive || String(response.getHeader('connection')).toLowerCase() === 'close';
}
