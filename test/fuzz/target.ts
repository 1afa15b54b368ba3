/** One parser under test, as data. */
export interface FuzzTarget {
  readonly name: string;
  /**
   * Gives the parser one input. Throws what the parser throws, or an AssertionError for a property that does not hold.
   * Only errors of the kinds in `allowed` are no fault.
   */
  readonly run: (input: Buffer) => void | Promise<void>;
  /** Kinds of errors by which the parser refuses an input. */
  readonly allowed: readonly (abstract new (...args: never[]) => Error)[];
  /** Inputs that the parser takes, to begin with. The files of `corpus/NAME` are added. */
  readonly seeds: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Words of the format, put in here and there. */
  readonly words?: readonly (string | Uint8Array)[] | undefined;
  /** Puts a checksum right, so that what is behind it is reached. Done to three of four inputs. */
  readonly mend?: ((input: Buffer) => Buffer) | undefined;
  /** Longest input. Default 16 KiB. */
  readonly longest?: number | undefined;
  /** An input that takes longer is a fault. Default 5,000. */
  readonly limitMs?: number | undefined;
  /** An input that makes the process grow by more is a fault. Default 512 MiB. */
  readonly limitBytes?: number | undefined;
}

export const defaults = { longest: 16 * 1024, limitMs: 5000, limitBytes: 512 << 20 } as const;

/** An input that a parser did not bear. */
export interface Fault {
  readonly target: string;
  readonly kind: 'error' | 'hang' | 'memory';
  /** Name and message of the error, or how long or how much. */
  readonly what: string;
  readonly input: Uint8Array;
  /** Makes the same input again, with the same corpus. */
  readonly seed: number;
  readonly iteration: number;
}
