/**
 * Reads of sockets into one piece of memory that all of them share: what arrives is dealt with before anything else is
 * read. Node.js would make a new piece of 64 KiB for each read, which the garbage collector has to find again. It is for
 * sockets that HTTP/2 or yamux alone reads from, and not for TLS over a socket that exists already.
 */
import type { Duplex } from 'node:stream';

const length = 64 * 1024;
let memory: Buffer | undefined;

/** What arrives. It is valid only during the call. */
type Receive = (chunk: Buffer) => void;

/** The option `onread` of a socket. */
interface OnRead {
  buffer: Buffer;
  callback(bytes: number, buffer: Uint8Array): boolean;
}

export class SharedReads {
  readonly onread: OnRead;
  #receive: Receive | undefined;
  /** What arrived before anybody listened. */
  #early: Buffer[] = [];

  constructor() {
    const buffer = (memory ??= Buffer.allocUnsafeSlow(length));
    this.onread = {
      buffer,
      callback: (bytes) => {
        this.#take(buffer.subarray(0, bytes));
        return true;
      },
    };
  }

  listen(receive: Receive): void {
    this.#receive = receive;
    const early = this.#early;
    this.#early = [];
    if (early.length === 0) return;
    // The listener need not be ready for it yet. Nothing else is read before that.
    process.nextTick(() => {
      for (const chunk of early) receive(chunk);
    });
  }

  #take(chunk: Buffer): void {
    if (this.#receive) this.#receive(chunk);
    else this.#early.push(Buffer.from(chunk));
  }
}

const ofSockets = new WeakMap<Duplex, SharedReads>();

/** Remembers how a socket is read that was made with the option `onread`. */
export function withSharedReads<S extends Duplex>(socket: S, reads: SharedReads): S {
  ofSockets.set(socket, reads);
  return socket;
}

/** Passes on whatever arrives on a stream of bytes. @returns whether the memory is used again after the call */
export function receiveFrom(socket: Duplex, receive: Receive): boolean {
  const reads = ofSockets.get(socket);
  if (reads) reads.listen(receive);
  else socket.on('data', receive);
  return reads !== undefined;
}
