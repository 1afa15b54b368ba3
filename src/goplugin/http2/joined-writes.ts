/**
 * Puts what is sent at once into one piece of memory, which is used again when it has been sent: TLS would put the pieces
 * together too, into memory of its own each time, and each piece costs a write of its own.
 */

/** It holds what waits in a connection before data wait in their streams, and a frame beyond. */
const capacity = 320 * 1024;
/** So many are kept for all connections together. */
const mostKept = 4;

const kept: Buffer[] = [];

export interface Joined {
  readonly memory: Buffer;
  readonly bytes: Buffer;
}

/** @returns `undefined` when it is too long */
export function joined(pieces: readonly Buffer[], length: number): Joined | undefined {
  if (length > capacity) return undefined;
  const memory = kept.pop() ?? Buffer.allocUnsafeSlow(capacity);
  let at = 0;
  for (const piece of pieces) {
    memory.set(piece, at);
    at += piece.length;
  }
  return { memory, bytes: memory.subarray(0, at) };
}

/** Call it when a socket has sent the bytes, and not when the sending has failed: then they may still be in use. */
export function giveBack({ memory }: Joined): void {
  if (kept.length < mostKept) kept.push(memory);
}
