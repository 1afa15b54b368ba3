/** The connections of a control socket. Those that stand still make room for new ones. */
import type { Socket } from 'node:net';

/** Limit of connections. Only the owner of the directory can connect, with a few commands at a time. */
export const mostConnections = 64;

export class Connections {
  readonly #sockets = new Set<Socket>();
  /** Those that have not sent their request yet. */
  readonly #asking = new Set<Socket>();

  /** Takes a connection, in place of one that stands still where there are too many. @returns whether it was taken */
  add(socket: Socket): boolean {
    if (this.#sockets.size >= mostConnections && !this.#makeRoom()) {
      socket.destroy();
      return false;
    }
    this.#sockets.add(socket);
    this.#asking.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#asking.delete(socket);
    });
    return true;
  }

  /** Notes that the connection has sent its request. */
  asked(socket: Socket): void {
    this.#asking.delete(socket);
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Closes the oldest connection that has got all its answers and stays open, else one that has asked nothing yet, else
   * one that does not read what it asked for: their commands were stopped, or hang.
   */
  #makeRoom(): boolean {
    const standsStill: readonly ((socket: Socket) => boolean)[] = [
      (socket) => socket.writableEnded,
      (socket) => this.#asking.has(socket),
      (socket) => socket.writableNeedDrain,
    ];
    for (const stands of standsStill) {
      for (const socket of this.#sockets) {
        if (!stands(socket)) continue;
        this.#sockets.delete(socket);
        socket.destroy();
        return true;
      }
    }
    return false;
  }
}
