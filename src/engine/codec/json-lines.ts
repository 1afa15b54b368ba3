/** Longer lines are refused: no engine writes them, and memory must stay bounded whatever the peer sends. */
const defaultLongestLine = 16 * 1024 * 1024;

/**
 * Takes bytes in pieces of any size and gives the JSON values that stand in them, one a line. Blank lines are skipped;
 * the last line needs no line break. Throws a SyntaxError for a line that is not JSON or is too long.
 */
export class JsonLines {
  readonly #longestLine: number;
  readonly #parse: (line: string) => unknown;
  #pending: Uint8Array[] = [];
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
      this.#keep(piece.subarray(start, end));
      this.#takeLine(values);
      start = end + 1;
    }
    this.#keep(piece.subarray(start));
    return values;
  }

  /** The value of a last line without a line break, if there is one. */
  end(): unknown[] {
    const values: unknown[] = [];
    this.#takeLine(values);
    return values;
  }

  #keep(piece: Uint8Array): void {
    this.#pendingLength += piece.length;
    if (this.#pendingLength > this.#longestLine) {
      this.#pending = [];
      throw new SyntaxError(`a line is longer than ${this.#longestLine} bytes`);
    }
    if (piece.length > 0) this.#pending.push(piece);
  }

  #takeLine(values: unknown[]): void {
    const [first] = this.#pending;
    const line =
      this.#pending.length === 1 && first !== undefined
        ? Buffer.from(first.buffer, first.byteOffset, first.length)
        : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingLength = 0;
    const text = line.toString('utf8').trim();
    if (text !== '') values.push(this.#parse(text));
  }
}
