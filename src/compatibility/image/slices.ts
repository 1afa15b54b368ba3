/** Longest time that other work of this process waits, in milliseconds. */
const sliceMs = 10;

/** Steps between two looks at the clock, which is not read for each of a million small steps. */
const stepsBetweenLooks = 64;

/**
 * Divides long work into slices, so that timers, sockets and aborts of this process get their turn in between.
 *
 * A step is one file or one name. Call {@link step} for each, and await what it returns.
 */
export class Slices {
  readonly #signal: AbortSignal | undefined;
  #steps = 0;
  #began = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  get aborted(): boolean {
    return this.#signal?.aborted === true;
  }

  /**
   * @param weight how many small steps the finished work amounts to
   * @returns a promise when it is time to let others work; it rejects with the signal's reason after an abort
   */
  step(weight = 1): Promise<void> | undefined {
    this.#steps += weight;
    if (this.#steps < stepsBetweenLooks) return undefined;
    this.#steps = 0;
    return performance.now() - this.#began < sliceMs ? undefined : this.#pause();
  }

  async #pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#signal?.throwIfAborted();
    this.#began = performance.now();
  }
}
