/** Reads a stream of bytes in the pieces that the reader wants. Nothing is copied unless a piece spans two chunks. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();
  #at = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Reads exactly `length` bytes; fewer only at the end of the stream. */
  async read(length: number): Promise<Uint8Array> {
    if (this.#chunk.length - this.#at >= length) return this.#take(length);
    const pieces: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      const piece = await this.some(missing);
      if (piece === undefined) break;
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** Reads at least one and at most `most` bytes; `undefined` at the end. */
  async some(most: number): Promise<Uint8Array | undefined> {
    while (this.#at === this.#chunk.length) {
      const next = await this.#source.next();
      if (next.done === true) return undefined;
      this.#chunk = next.value;
      this.#at = 0;
    }
    return this.#take(Math.min(most, this.#chunk.length - this.#at));
  }

  /**
   * Like {@link read}, but the same bytes are read again next time. Gives at most what the present chunk has, unless
   * the chunk is empty.
   */
  async peek(length: number): Promise<Uint8Array> {
    const bytes = await this.read(length);
    const rest = this.#chunk.subarray(this.#at);
    this.#chunk = rest.length === 0 ? bytes : Buffer.concat([bytes, rest]);
    this.#at = 0;
    return bytes;
  }

  /** Skips bytes; resolves to whether all of them were there. */
  async skip(length: number): Promise<boolean> {
    let missing = length;
    while (missing > 0) {
      const piece = await this.some(missing);
      if (piece === undefined) return false;
      missing -= piece.length;
    }
    return true;
  }

  /** Yields the rest of the stream. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const piece = await this.some(Number.POSITIVE_INFINITY);
      if (piece === undefined) return;
      yield piece;
    }
  }

  /** Closes the source. Does not wait for bytes that were asked for, because they may never come. */
  close(): void {
    this.#source.return?.().catch(() => undefined);
  }

  #take(length: number): Uint8Array {
    const piece = this.#chunk.subarray(this.#at, this.#at + length);
    this.#at += length;
    return piece;
  }
}
