/** Waiting that ends with a time limit, with an abort, or with whatever comes first. */

import { orAborted, whenAborted } from '../abort.ts';

/** Thrown by `race` when the time is over. */
export class TimeIsOver extends Error {}

/**
 * A time limit and the caller's abort signal in one. `signal` aborts with the caller's reason, or with `TimeIsOver`.
 * Dispose it when the work is done: it holds a timer and a listener.
 */
export class Limit {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;

  constructor(milliseconds: number, caller: AbortSignal | undefined) {
    this.#timer = setTimeout(() => {
      this.#controller.abort(new TimeIsOver());
    }, milliseconds);
    this.#stopListening = whenAborted(caller, () => {
      this.#controller.abort(caller?.reason);
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** True when the caller's signal ended it. */
  get aborted(): boolean {
    return this.signal.aborted && !(this.signal.reason instanceof TimeIsOver);
  }

  /** True when the time limit ended it. */
  get expired(): boolean {
    return this.signal.aborted && this.signal.reason instanceof TimeIsOver;
  }

  /** Resolves as the promise does, or rejects with the reason of `signal` when that comes first. */
  race<T>(promise: Promise<T>): Promise<T> {
    return orAborted(promise, this.signal);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#stopListening();
  }
}

/** Returns the promise's value, or `undefined` when the promise takes longer than `milliseconds` or fails. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  try {
    return await Promise.race([promise.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
