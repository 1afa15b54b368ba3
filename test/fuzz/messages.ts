/** What the fuzzer and its worker say to each other. */

export interface WorkerSettings {
  /** A module that exports `targets`. */
  readonly targetsModule: string;
  readonly corpusFolder: string;
  /** Of a {@link SharedState}. */
  readonly shared: SharedArrayBuffer;
  /** Whether inputs that reach new code are kept to make others of. */
  readonly guided: boolean;
}

/** Longest input that fits into what is shared. */
const mostShared = 256 * 1024;

/** What the fuzzer sees of the worker even when that hangs: the present input, and since when it is at it. */
export class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly #numbers: Float64Array;
  readonly #bytes: Uint8Array;

  constructor(buffer = new SharedArrayBuffer(24 + mostShared)) {
    this.buffer = buffer;
    this.#numbers = new Float64Array(buffer, 0, 3);
    this.#bytes = new Uint8Array(buffer, 24);
  }

  begin(input: Uint8Array, iteration: number): void {
    this.#bytes.set(input.subarray(0, mostShared));
    this.#numbers.set([iteration, input.length, Date.now()]);
  }

  end(): void {
    this.#numbers[2] = 0;
  }

  /** How long the present input takes already; 0 between two. */
  get ms(): number {
    const began = this.#numbers[2] ?? 0;
    return began === 0 ? 0 : Date.now() - began;
  }

  get iteration(): number {
    return this.#numbers[0] ?? 0;
  }

  get input(): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(0, this.#numbers[1]));
  }
}

/** One input, to see whether it is still a fault. */
export interface SingleRequest {
  readonly name: string;
  readonly input: Uint8Array;
}

export interface BatchRequest {
  readonly name: string;
  readonly seed: number;
  readonly from: number;
  readonly count: number;
  /** Ends earlier after so long. */
  readonly ms: number;
  /** Whether the corpus itself is run before. */
  readonly first: boolean;
}

export interface BatchAnswer {
  readonly ran: number;
  readonly found: readonly Uint8Array[];
  readonly fault?:
    { readonly what: string; readonly input: Uint8Array; readonly iteration: number } | undefined;
}
