/**
 * Memory for what connections send at once, which is used again when it has been sent: TLS would put pieces together too,
 * into memory of its own each time, and each piece would cost a write of its own.
 */

/** It holds what waits in a connection before data wait in their streams, and a frame beyond. */
export const writeMemoryLength = 320 * 1024;

/** Pieces of memory of one length, a few of which are kept for all connections together. */
class MemoryPool {
  readonly #length: number;
  readonly #mostKept: number;
  readonly #kept: Buffer[] = [];

  constructor(length: number, mostKept: number) {
    this.#length = length;
    this.#mostKept = mostKept;
  }

  take(): Buffer {
    return this.#kept.pop() ?? Buffer.allocUnsafeSlow(this.#length);
  }

  giveBack(memory: Buffer): void {
    if (this.#kept.length < this.#mostKept) this.#kept.push(memory);
  }
}

const forWrites = new MemoryPool(writeMemoryLength, 4);

export function takeMemory(): Buffer {
  return forWrites.take();
}

/** Call it when a socket has sent the bytes, and not when the sending has failed: then they may still be in use. */
export function giveBack(memory: Buffer): void {
  forWrites.giveBack(memory);
}

/** Holds the usual longest message of a stream that waits. */
const waitingLength = 66 * 1024;
/** Less than this would waste it. */
const leastWaiting = 16 * 1024;
const forWaiting = new MemoryPool(waitingLength, 16);

/** Data that wait in their stream. */
export interface Waiting {
  readonly bytes: Uint8Array;
  /** How much has been sent. */
  at: number;
  readonly memory?: Buffer;
}

/** Copies data that have to wait. Call `sent` when they have been sent, or never will be. */
export function waitingCopies(bytes: Uint8Array): Waiting[] {
  const copies: Waiting[] = [];
  let from = 0;
  for (; bytes.length - from >= leastWaiting; from += waitingLength) {
    const memory = forWaiting.take();
    const part = bytes.subarray(from, from + waitingLength);
    memory.set(part);
    copies.push({ bytes: memory.subarray(0, part.length), at: 0, memory });
  }
  if (from < bytes.length) copies.push({ bytes: Buffer.from(bytes.subarray(from)), at: 0 });
  return copies;
}

export function sent({ memory }: Waiting): void {
  if (memory) forWaiting.giveBack(memory);
}

/** Puts pieces together. @returns `undefined` when they are too long */
export function joined(
  pieces: readonly Buffer[],
  length: number,
): { readonly memory: Buffer; readonly bytes: Buffer } | undefined {
  if (length > writeMemoryLength) return undefined;
  const memory = forWrites.take();
  let at = 0;
  for (const piece of pieces) {
    memory.set(piece, at);
    at += piece.length;
  }
  return { memory, bytes: memory.subarray(0, at) };
}
