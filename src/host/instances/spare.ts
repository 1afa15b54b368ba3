import { setTimeout as delay } from 'node:timers/promises';
import type { Generation } from './generation.ts';
import { orAborted } from '../../abort.ts';

/** First and longest pause between attempts to have a spare. */
const retryMs = { first: 1_000, longest: 60_000 } as const;

/** What a spare needs of its instance. */
export interface SpareOwner {
  readonly start: (signal: AbortSignal) => Promise<Generation>;
  /** Told when there is one. */
  readonly ready: () => void;
  /** Told of one that ended before it was needed. */
  readonly ended: (spare: Generation) => void;
  readonly failed: (error: unknown) => void;
}

/** A second plugin, started and not used, which can take over at once. */
export class Spare {
  readonly #owner: SpareOwner;
  #current: Generation | undefined;
  #taken: () => void = () => undefined;

  constructor(owner: SpareOwner) {
    this.#owner = owner;
  }

  get current(): Generation | undefined {
    return this.#current;
  }

  /** The spare, if one is ready; another is started. */
  take(): Generation | undefined {
    const spare = this.#current;
    if (spare?.usable !== true) return undefined;
    this.#current = undefined;
    this.#taken();
    return spare;
  }

  /** Has a spare started whenever there is none, until the abort. */
  async keep(signal: AbortSignal): Promise<void> {
    for (let pauseMs: number = retryMs.first; !signal.aborted;) {
      try {
        const spare = await this.#owner.start(signal);
        this.#current = spare;
        pauseMs = retryMs.first;
        this.#owner.ready();
        const taken = new Promise<void>((resolve) => {
          this.#taken = resolve;
        });
        await orAborted(Promise.race([taken, spare.ended]), signal);
        if (this.#current !== spare) continue;
        this.#current = undefined;
        this.#owner.ended(spare);
      } catch (error) {
        if (isAborted(signal)) return;
        this.#owner.failed(error);
      }
      await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      pauseMs = Math.min(retryMs.longest, pauseMs * 2);
    }
  }
}

/** The compiler takes a signal that was not aborted before an await for one that never is. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
