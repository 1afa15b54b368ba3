import { setMaxListeners } from 'node:events';
import { BulkheadError } from '../errors.ts';

/** The work that a host has in hand. All of it ends when the host closes, and the closing waits for it. */
export class Lifetime {
  readonly #ending = new AbortController();
  readonly #working = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor() {
    setMaxListeners(0, this.#ending.signal); // one for each piece of work
  }

  /**
   * Runs `work` with a signal that is the caller's and the host's own end in one.
   *
   * @throws `HOST_CLOSED` when the host is closed, or closes meanwhile
   */
  async work<T>(
    signal: AbortSignal | undefined,
    work: (options: { readonly signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    this.refuseClosed();
    const { signal: ending } = this.#ending;
    const working = work({ signal: signal === undefined ? ending : AbortSignal.any([signal, ending]) });
    this.#working.add(working);
    try {
      return await working;
    } finally {
      this.#working.delete(working);
    }
  }

  /** Ends all work, then runs `close`. A second call waits for the first. */
  close(close: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#end(close);
    return this.#closing;
  }

  /** @throws `HOST_CLOSED` */
  refuseClosed(): void {
    if (this.#closing !== undefined) throw new BulkheadError('HOST_CLOSED', 'the plugin host is closed');
  }

  async #end(close: () => Promise<void>): Promise<void> {
    this.#ending.abort(new BulkheadError('HOST_CLOSED', 'the plugin host was closed'));
    await Promise.allSettled(this.#working);
    await close();
  }
}
