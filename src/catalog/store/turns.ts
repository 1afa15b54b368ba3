import { orAborted } from '../../abort.ts';

/** One piece of work at a time, in the order asked for, within one process. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** @remarks Abort gives up the turn before it has begun; the reason is rethrown. */
  take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => {
      signal?.throwIfAborted();
      return work();
    });
    this.#last = turn.catch(() => undefined);
    return orAborted(turn, signal); // whoever gives up need not wait for those in front
  }
}
