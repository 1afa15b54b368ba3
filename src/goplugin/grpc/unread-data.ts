/**
 * Data of a stream that nobody reads now. They are put together, because a frame may hold a single byte, and each piece
 * kept by itself would cost more than it carries.
 */

/** As much as one frame holds, so that what is read at once does not depend on how the data came. */
const longestChunk = 16 * 1024;
/** The first memory that a stream takes. */
const firstChunk = 1024;

interface Chunk {
  readonly memory: Buffer;
  filled: number;
}

export class UnreadData {
  /** The last one has room for more. */
  #chunks: Chunk[] = [];
  #length = 0;
  #nextChunk = firstChunk;
  /** Memory of full length that has been read. */
  #spare: Buffer | undefined;

  get length(): number {
    return this.#length;
  }

  /** Copies a piece. */
  add(piece: Buffer): void {
    this.#length += piece.length;
    const last = this.#chunks[this.#chunks.length - 1];
    if (last && last.memory.length - last.filled >= piece.length) {
      last.memory.set(piece, last.filled);
      last.filled += piece.length;
      return;
    }
    let at = 0;
    if (last) at = fill(last, piece, at);
    while (at < piece.length) {
      const chunk = this.#newChunk(piece.length - at);
      at = fill(chunk, piece, at);
      this.#chunks.push(chunk);
    }
  }

  /** Takes what came first, at most one chunk, which is valid until the next `take`. */
  take(): Buffer | undefined {
    const first = this.#chunks.shift();
    if (first === undefined) return undefined;
    const { memory, filled } = first;
    this.#length -= filled;
    if (memory.length === longestChunk) this.#spare = memory;
    return memory.subarray(0, filled);
  }

  #newChunk(needed: number): Chunk {
    const length = Math.min(longestChunk, Math.max(needed, this.#nextChunk));
    this.#nextChunk = Math.min(longestChunk, 4 * this.#nextChunk);
    return { memory: this.#memory(length), filled: 0 };
  }

  #memory(length: number): Buffer {
    const spare = this.#spare;
    if (spare === undefined || length < longestChunk) return Buffer.allocUnsafeSlow(length);
    this.#spare = undefined;
    return spare;
  }
}

/** @returns where the part of the piece that did not fit begins */
function fill(chunk: Chunk, piece: Buffer, from: number): number {
  const to = Math.min(piece.length, from + chunk.memory.length - chunk.filled);
  chunk.memory.set(piece.subarray(from, to), chunk.filled);
  chunk.filled += to - from;
  return to;
}
