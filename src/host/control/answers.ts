/** Sends the answers on one connection of the control socket, and limits how many of them wait in memory. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { ControlAnswer } from './messages.ts';

/** How many bytes may wait for a reader that is too slow. A single answer may be larger, and then waits alone. */
export const mostBehind = 1024 * 1024;

/**
 * How long a reader may take nothing at all before its connection is closed: a call would wait for it without end. People
 * who read page by page take their time.
 */
export const standstillMs = 600_000;

export class Answers {
  readonly #socket: Socket;
  readonly #standstillMs: number;
  /** Number of log lines that were left out because the reader was too slow. */
  #leftOut = 0;

  constructor(socket: Socket, { limitMs = standstillMs }: { readonly limitMs?: number } = {}) {
    this.#socket = socket;
    this.#standstillMs = limitMs;
    socket.on('drain', () => {
      this.#tellLeftOut();
    });
  }

  /**
   * Sends an answer. Resolves when the reader has taken most of what was sent, or is gone; the sender has to wait for
   * it. A reader that stands still for too long is disconnected, because what the sender holds for it would stay.
   */
  async say(answer: ControlAnswer): Promise<void> {
    this.#write(answer);
    const socket = this.#socket;
    if (!socket.writable || socket.writableLength <= socket.writableHighWaterMark) return;
    const over = new AbortController();
    const late = setTimeout(() => socket.destroy(), this.#standstillMs);
    try {
      await Promise.race([
        once(socket, 'drain', { signal: over.signal }),
        once(socket, 'close', { signal: over.signal }),
      ]);
    } finally {
      clearTimeout(late);
      over.abort();
    }
  }

  /** Sends an answer without waiting. A reader that is too slow misses it, and is told how many answers it missed. */
  sayOrLeaveOut(answer: ControlAnswer): void {
    if (this.#socket.writableLength > mostBehind) {
      this.leaveOut();
      return;
    }
    this.#tellLeftOut();
    this.#write(answer);
  }

  /** Says that the host is alive, unless the reader has something to read already. */
  beat(): void {
    if (this.#socket.writableLength === 0) this.#write({ alive: true });
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
