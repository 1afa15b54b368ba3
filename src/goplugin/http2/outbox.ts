/** Sends what was written: all frames of a turn in one write. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FrameWriter } from './frame-writer.ts';
import { giveBack, joined } from './write-memory.ts';

/** Bytes that may wait in the socket before data wait in their streams. */
const mostWaiting = 256 * 1024;

export class Outbox {
  readonly writer = new FrameWriter();
  readonly #socket: Duplex;
  readonly #fill: () => void;
  /**
   * Whether memory can be used again once it is said to be written. Other streams of bytes, such as one of yamux, may hold
   * it nevertheless.
   */
  readonly reusesMemory: boolean;
  readonly #written = (): void => {
    this.#fill();
  };
  #soon = false;
  #later: NodeJS.Immediate | undefined;
  #unanswered = 0;

  /** @param fill called before each write, and when there is room again: it adds the data that wait */
  constructor(socket: Duplex, fill: () => void) {
    this.#socket = socket;
    this.#fill = fill;
    this.reusesMemory = socket instanceof Socket;
  }

  /** True when data have to wait. */
  get full(): boolean {
    return this.writer.length + this.#socket.writableLength >= mostWaiting;
  }

  /** Answers that have been written since the other side last read everything. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /**
   * Writes data of a stream.
   *
   * @param bytes must not change afterwards, unless memory is reused
   */
  data(streamId: number, bytes: Uint8Array, from: number, to: number, end: boolean): void {
    if (this.reusesMemory) this.writer.copiedData(streamId, bytes, from, to, end);
    else this.writer.data(streamId, bytes, from, to, end);
    this.soon();
  }

  /** Sends what is written once all that is ready in this turn has been written. */
  soon(): void {
    if (this.#soon) return;
    this.#soon = true;
    process.nextTick(this.flush);
  }

  /** Sends with the next write, or at the end of this turn of the event loop. It is for answers to frames. */
  later(): void {
    this.#unanswered += 1;
    this.#later ??= setImmediate(this.flush);
  }

  /** Sends at once. */
  readonly flush = (): void => {
    if (this.#later) {
      clearImmediate(this.#later);
      this.#later = undefined;
    }
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) {
      this.#drop();
      return;
    }
    if (socket.writableLength === 0) this.#unanswered = 0;
    this.#soon = true; // what is added now goes along
    this.#fill();
    this.#soon = false;
    const total = this.writer.length;
    const pieces = this.writer.take();
    const borrowed = this.writer.takeBorrowed();
    const [first] = pieces;
    if (first === undefined) return;
    if (pieces.length === 1) {
      if (borrowed) this.#writeMemory(first, borrowed);
      else socket.write(first, this.#written); // then there is room for data that wait
      return;
    }
    const whole = this.reusesMemory ? joined(pieces, total) : undefined;
    if (whole) this.#writeMemory(whole.bytes, whole.memory);
    else this.#writeAll(pieces);
    if (whole && borrowed) giveBack(borrowed);
  };

  #writeMemory(bytes: Buffer, memory: Buffer): void {
    this.#socket.write(bytes, (error) => {
      if (!error) giveBack(memory);
      this.#fill();
    });
  }

  #writeAll(pieces: readonly Buffer[]): void {
    const socket = this.#socket;
    socket.cork();
    for (const [index, piece] of pieces.entries()) {
      if (index < pieces.length - 1) socket.write(piece);
      else socket.write(piece, this.#written);
    }
    socket.uncork();
  }

  /** Drops what has not been sent. */
  close(): void {
    clearImmediate(this.#later);
    this.#later = undefined;
    this.#drop();
  }

  #drop(): void {
    this.writer.take();
    const borrowed = this.writer.takeBorrowed();
    if (borrowed) giveBack(borrowed);
  }
}
