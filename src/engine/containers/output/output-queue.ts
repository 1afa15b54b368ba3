/** Bytes that each piece counts beside its own, because a program may write one byte at a time. */
const costOfPiece = 64;

/** Output that has arrived and is not read yet. It is filled from one side and iterated over once from the other. */
export class OutputQueue implements AsyncIterableIterator<Uint8Array> {
  readonly #limit: number;
  readonly #onDrain: () => void;
  #pieces: Uint8Array[] = [];
  #size = 0;
  #waiting: PromiseWithResolvers[] = [];
  #state: { kind: 'open' } | { kind: 'ended' } | { kind: 'failed'; error: unknown } | { kind: 'discarded' } =
    { kind: 'open' };

  /** `onDrain` is called when there is room again after {@link full}. */
  constructor(limit: number, onDrain: () => void) {
    this.#limit = limit;
    this.#onDrain = onDrain;
  }

  get full(): boolean {
    return this.#size >= this.#limit;
  }

  push(piece: Uint8Array): void {
    if (this.#state.kind !== 'open' || piece.length === 0) return;
    const reader = this.#waiting.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: piece });
      return;
    }
    this.#pieces.push(piece);
    this.#size += piece.length + costOfPiece;
  }

  /** Says that no more will come. What is here can still be read. */
  end(): void {
    if (this.#state.kind === 'open') this.#state = { kind: 'ended' };
    for (const reader of this.#waiting.splice(0)) reader.resolve({ done: true, value: undefined });
  }

  /** Says that no more will come, because of `error`. What is here can still be read; then the error is thrown. */
  fail(error: unknown): void {
    if (this.#state.kind !== 'open') return;
    const [reader, ...others] = this.#waiting.splice(0);
    this.#state = reader === undefined ? { kind: 'failed', error } : { kind: 'ended' };
    reader?.reject(error);
    for (const other of others) other.resolve({ done: true, value: undefined });
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#forget(piece.length + costOfPiece);
      return { done: false, value: piece };
    }
    if (this.#state.kind === 'open') {
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    if (this.#state.kind === 'failed') {
      const { error } = this.#state;
      this.#state = { kind: 'ended' };
      throw error;
    }
    return { done: true, value: undefined };
  }

  /** Ends the reading: what is here and what will come is thrown away. */
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#state = { kind: 'discarded' };
    this.#pieces = [];
    this.end();
    this.#forget(this.#size);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #forget(length: number): void {
    const before = this.#size;
    this.#size -= length;
    if (before >= this.#limit && this.#size < this.#limit) this.#onDrain();
  }
}

interface PromiseWithResolvers {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(error: unknown): void;
}
