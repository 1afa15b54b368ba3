import { orAborted, type AbortOption } from '../abort.ts';
import { KeyedLock } from './keyed-lock.ts';

/** Runs any number of pieces of shared work at once, and each piece of exclusive work alone. Exclusive work goes first. */
export class ReadWriteLock {
  readonly #turns = new KeyedLock();
  /** Resolves when the exclusive work that has the turn is over. */
  #exclusive: Promise<void> | undefined;
  #sharing = 0;
  #onIdle: (() => void) | undefined;

  /** @remarks Abort while waiting rethrows the reason. Work that has begun is not affected. */
  async shared<T>(work: () => Promise<T>, { signal }: AbortOption = {}): Promise<T> {
    while (this.#exclusive !== undefined) await orAborted(this.#exclusive, signal);
    signal?.throwIfAborted();
    this.#sharing += 1;
    try {
      return await work();
    } finally {
      this.#sharing -= 1;
      if (this.#sharing === 0) this.#onIdle?.();
    }
  }

  /** @remarks Abort while waiting rethrows the reason. Work that has begun is not affected. */
  async exclusive<T>(work: () => Promise<T>, { signal }: AbortOption = {}): Promise<T> {
    const turn = async (): Promise<T> => {
      let over: () => void = () => undefined;
      this.#exclusive = new Promise((resolve) => (over = resolve));
      try {
        await orAborted(this.#idle(), signal);
        return await work();
      } finally {
        this.#exclusive = undefined;
        over();
      }
    };
    return this.#turns.take('', turn, { signal });
  }

  #idle(): Promise<void> {
    if (this.#sharing === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#onIdle = resolve));
  }
}
