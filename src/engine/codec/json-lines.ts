/** Longer lines are refused: no engine writes them, and memory must stay bounded whatever the peer sends. */
const defaultLongestLine = 16 * 1024 * 1024;

/**
 * Takes bytes in pieces of any size and returns the JSON values in them, one per line. Blank lines are skipped; the
 * last line needs no line break. Throws a SyntaxError for a line that is not JSON or is too long.
 */
export class JsonLines {
  readonly #longestLine: number;
  readonly #parse: (line: string) => unknown;
  /**
   * The beginning of an incomplete line. It is copied, because a view would keep its whole piece, and a line may come
   * byte by byte.
   */
  #pending = Buffer.alloc(0);
  #pendingLength = 0;

  constructor(
    options: { longestLine?: number | undefined; parse?: ((line: string) => unknown) | undefined } = {},
  ) {
    this.#longestLine = options.longestLine ?? defaultLongestLine;
    this.#parse = options.parse ?? ((line) => JSON.parse(line) as unknown);
  }

  push(piece: Uint8Array): unknown[] {
    const values: unknown[] = [];
    let start = 0;
    for (let end = piece.indexOf(0x0a); end !== -1; end = piece.indexOf(0x0a, start)) {
      this.#takeLine(piece.subarray(start, end), values);
      start = end + 1;
    }
    this.#keep(piece.subarray(start));
    return values;
  }

  /** Returns the value of a last line that has no line break, if there is one. */
  end(): unknown[] {
    const values: unknown[] = [];
    this.#takeLine(new Uint8Array(), values);
    return values;
  }

  #keep(piece: Uint8Array): void {
    this.#checkLength(piece.length);
    const length = this.#pendingLength + piece.length;
    if (length > this.#pending.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#pending.length));
      this.#pending.copy(larger, 0, 0, this.#pendingLength);
      this.#pending = larger;
    }
    this.#pending.set(piece, this.#pendingLength);
    this.#pendingLength = length;
  }

  #takeLine(rest: Uint8Array, values: unknown[]): void {
    if (this.#pendingLength === 0) {
      this.#checkLength(rest.length);
      this.#parseLine(Buffer.from(rest.buffer, rest.byteOffset, rest.length), values);
      return;
    }
    this.#keep(rest);
    const line = this.#pending.subarray(0, this.#pendingLength);
    this.#pending = Buffer.alloc(0);
    this.#pendingLength = 0;
    this.#parseLine(line, values);
  }

  #checkLength(more: number): void {
    if (this.#pendingLength + more <= this.#longestLine) return;
    this.#pending = Buffer.alloc(0);
    this.#pendingLength = 0;
    throw new SyntaxError(`a line is longer than ${this.#longestLine} bytes`);
  }

  #parseLine(line: Buffer, values: unknown[]): void {
    const text = line.toString('utf8').trim();
    if (text !== '') values.push(this.#parse(text));
  }
}
