/** The answers to one connection of the control socket: never more of them in memory than the other side may be behind. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { ControlAnswer } from './messages.ts';

/** So many bytes may wait for a reader that stands still. A single answer may be larger, and is then the only one. */
export const mostBehind = 1024 * 1024;

export class Answers {
  readonly #socket: Socket;
  /** Lines of a log that came while the reader was too far behind. */
  #leftOut = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('drain', () => {
      this.#tellLeftOut();
    });
  }

  /** Resolves when the reader has taken most of what it was told, or is gone: whoever makes answers waits for it. */
  async say(answer: ControlAnswer): Promise<void> {
    this.#write(answer);
    const socket = this.#socket;
    if (!socket.writable || socket.writableLength <= socket.writableHighWaterMark) return;
    const over = new AbortController();
    try {
      await Promise.race([
        once(socket, 'drain', { signal: over.signal }),
        once(socket, 'close', { signal: over.signal }),
      ]);
    } finally {
      over.abort();
    }
  }

  /** Sends an answer whose maker can't wait. A reader that is too slow misses it, and is told how many it missed. */
  sayOrLeaveOut(answer: ControlAnswer): void {
    if (this.#socket.writableLength > mostBehind) {
      this.leaveOut();
      return;
    }
    this.#tellLeftOut();
    this.#write(answer);
  }

  leaveOut(): void {
    this.#leftOut += 1;
  }

  #tellLeftOut(): void {
    if (this.#leftOut === 0) return;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    this.#write({ leftOut });
  }

  #write(answer: ControlAnswer): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(answer)}\n`);
  }
}
