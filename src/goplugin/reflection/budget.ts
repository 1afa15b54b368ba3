/** What one question about a plugin's services may cost. */
import { setImmediate } from 'node:timers/promises';
import type { CallOptions } from '../service.ts';
import { reflectionLimits, type ReflectionLimitName } from './limits.ts';

/** A limit was reached. */
export class LimitExceeded extends RangeError {
  readonly limit: ReflectionLimitName;

  constructor(limit: ReflectionLimitName) {
    super(`more than ${reflectionLimits[limit].value} ${reflectionLimits[limit].what}`);
    this.limit = limit;
  }
}

/** The time for the whole question is over. */
export class DeadlinePassed extends Error {}

/** Work goes on for so long before everything else in this process has its turn. */
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

  /** @throws LimitExceeded when that is more than there may be in all */
  spend(limit: ReflectionLimitName, amount = 1): void {
    const spent = (this.#spent.get(limit) ?? 0) + amount;
    if (spent > reflectionLimits[limit].value) throw new LimitExceeded(limit);
    this.#spent.set(limit, spent);
  }

  /** For what does not add up. @throws LimitExceeded */
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

  /** Lets others have their turn now and then. @throws DeadlinePassed; the signal's reason */
  async breathe(): Promise<void> {
    if (performance.now() < this.#sliceEnd) return;
    await setImmediate();
    this.throwIfAborted();
    this.remainingMs();
    this.#sliceEnd = performance.now() + sliceMs;
  }
}
