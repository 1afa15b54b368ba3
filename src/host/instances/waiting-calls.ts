import { HostLimitError } from '../errors.ts';
import { orAborted } from '../../abort.ts';

/** Calls that wait for an instance to change its state. */
export class WaitingCalls {
  readonly #title: string;
  readonly #limit: number;
  readonly #wakes = new Set<() => void>();

  constructor(title: string, limit: number) {
    this.#title = title;
    this.#limit = limit;
  }

  get size(): number {
    return this.#wakes.size;
  }

  /** Makes all waiting calls look at the state again. */
  wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  /**
   * Resolves with the next `wake`, or when the time is over.
   *
   * @throws HostLimitError when too many wait; the signal's reason
   */
  async next(limitMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#wakes.size >= this.#limit) {
      throw new HostLimitError(
        'waitingCalls',
        this.#limit,
        `${this.#limit} calls already wait for ${this.#title}`,
      );
    }
    let timer: NodeJS.Timeout | undefined;
    let wake: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#wakes.add(wake);
    if (Number.isFinite(limitMs)) timer = setTimeout(wake, Math.max(1, limitMs));
    try {
      await orAborted(woken, signal);
    } finally {
      clearTimeout(timer);
      this.#wakes.delete(wake);
    }
  }
}
