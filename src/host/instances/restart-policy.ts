/** Decides when a plugin that ended is started again, and when it is given up. */

export interface RestartOptions {
  /** Delay before the second restart in a row, in milliseconds; doubled for each further one. Default: 200. */
  readonly delayMs?: number | undefined;
  /** The longest delay, in milliseconds. Default: 30000. */
  readonly maxDelayMs?: number | undefined;
  /** Fraction by which a delay may deviate at random. Default: 0.25. */
  readonly jitter?: number | undefined;
  /** How many ends and failed starts within `windowMs` are tolerated. Default: 10. */
  readonly maxFailures?: number | undefined;
  /** Length of the window in which failures are counted, in milliseconds. Default: 120000. */
  readonly windowMs?: number | undefined;
  /** A plugin that served for this many milliseconds is restarted without a delay when it ends. Default: 30000. */
  readonly stableMs?: number | undefined;
}

export type NextStep =
  | { readonly kind: 'start'; readonly delayMs: number }
  | { readonly kind: 'give-up'; readonly failures: number };

/** Remembers failures and decides what follows. The first restart follows at once. */
export class RestartPolicy {
  readonly windowMs: number;
  readonly #options: Required<{ [K in keyof RestartOptions]: number }>;
  readonly #random: () => number;
  #failures: number[] = [];
  #inARow = 0;

  constructor(options: RestartOptions = {}, random: () => number = Math.random) {
    this.#options = {
      delayMs: options.delayMs ?? 200,
      maxDelayMs: options.maxDelayMs ?? 30_000,
      jitter: options.jitter ?? 0.25,
      maxFailures: options.maxFailures ?? 10,
      windowMs: options.windowMs ?? 120_000,
      stableMs: options.stableMs ?? 30_000,
    };
    this.windowMs = this.#options.windowMs;
    this.#random = random;
  }

  /**
   * Counts an end or a failed start, and returns what follows.
   *
   * @param servedMs how long the plugin served before; 0 for a failed start
   * @param transient whether the failure says nothing about the plugin: then the restart is delayed and the failure not
   *   counted
   */
  failed(now: number, servedMs: number, { transient = false }: { transient?: boolean } = {}): NextStep {
    const { windowMs, maxFailures, stableMs } = this.#options;
    this.#inARow = servedMs >= stableMs ? 1 : this.#inARow + 1;
    if (!transient) {
      this.#failures = [...this.#failures.filter((at) => now - at < windowMs), now];
      if (this.#failures.length > maxFailures) return { kind: 'give-up', failures: this.#failures.length };
    }
    return { kind: 'start', delayMs: this.#delay() };
  }

  /** Forgets all failures. */
  reset(): void {
    this.#failures = [];
    this.#inARow = 0;
  }

  #delay(): number {
    if (this.#inARow <= 1) return 0;
    const { delayMs, maxDelayMs, jitter } = this.#options;
    const plain = Math.min(maxDelayMs, delayMs * 2 ** Math.min(this.#inARow - 2, 30));
    return plain * (1 + jitter * (2 * this.#random() - 1));
  }
}
