/** The cost that one request about a plugin's services may have. */
import { setImmediate } from 'node:timers/promises';
import type { CallOptions } from '../service.ts';
import { reflectionLimits, type ReflectionLimitName } from './limits.ts';

/** Thrown when a limit was reached. */
export class LimitExceeded extends RangeError {
  readonly limit: ReflectionLimitName;

  constructor(limit: ReflectionLimitName) {
    super(`more than ${reflectionLimits[limit].value} ${reflectionLimits[limit].what}`);
    this.limit = limit;
  }
}

/** Thrown when the time for the whole request is over. */
export class DeadlinePassed extends Error {}

/** How long the work goes on, in milliseconds, before other work of this process gets its turn. */
const sliceMs = 10;

export class Budget {
  readonly #spent = new Map<ReflectionLimitName, number>();
  readonly #signal: AbortSignal | undefined;
  readonly #deadline: number;
  #sliceEnd = performance.now() + sliceMs;

  /** @throws the signal's reason */
  constructor({ signal, timeoutMs = reflectionLimits.milliseconds.value }: CallOptions = {}) {
    signal?.throwIfAborted();
    this.#signal = signal;
    this.#deadline = performance.now() + timeoutMs;
  }

  /** Adds to what was used. @throws LimitExceeded when the sum is above the limit */
  spend(limit: ReflectionLimitName, amount = 1): void {
    const spent = (this.#spent.get(limit) ?? 0) + amount;
    if (spent > reflectionLimits[limit].value) throw new LimitExceeded(limit);
    this.#spent.set(limit, spent);
  }

  /** Checks an amount that is not summed up. @throws LimitExceeded */
  check(limit: ReflectionLimitName, amount: number): void {
    if (amount > reflectionLimits[limit].value) throw new LimitExceeded(limit);
  }

  /** @throws DeadlinePassed */
  remainingMs(): number {
    const remaining = this.#deadline - performance.now();
    if (remaining <= 0) throw new DeadlinePassed();
    return remaining;
  }

  throwIfAborted(): void {
    this.#signal?.throwIfAborted();
  }

  /** Lets other work of the process run from time to time. @throws DeadlinePassed; the signal's reason */
  async breathe(): Promise<void> {
    if (performance.now() < this.#sliceEnd) return;
    await setImmediate();
    this.throwIfAborted();
    this.remainingMs();
    this.#sliceEnd = performance.now() + sliceMs;
  }
}
