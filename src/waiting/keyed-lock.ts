import { orAborted } from '../abort.ts';

/** One piece of work at a time for each key; different keys do not wait for each other. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<void>>();

  /** @remarks Abort gives up the turn before it has begun; the reason is rethrown. */
  async take<T>(
    key: string,
    work: () => Promise<T>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const before = this.#last.get(key);
    let done: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => {
      done = resolve;
    });
    const mine = Promise.all([before, turn]).then(() => undefined);
    this.#last.set(key, mine);
    void mine.then(() => {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    });
    try {
      if (before !== undefined) await orAborted(before, signal);
      signal?.throwIfAborted();
      return await work();
    } finally {
      done();
    }
  }
}
