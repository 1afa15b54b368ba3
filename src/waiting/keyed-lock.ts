import { orAborted } from '../abort.ts';

/** Runs one piece of work at a time for each key; different keys do not wait for each other. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<void>>();

  /** @remarks Abort while waiting gives up the turn and rethrows the reason. Work that has begun is not affected. */
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
