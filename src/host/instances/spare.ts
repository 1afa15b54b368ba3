import { setTimeout as delay } from 'node:timers/promises';
import type { Generation } from './generation.ts';
import { orAborted } from '../../abort.ts';

/** First and longest pause between attempts to start a spare. */
const retryMs = { first: 1_000, longest: 60_000 } as const;

/** What a spare needs from its instance. */
export interface SpareOwner {
  readonly start: (signal: AbortSignal) => Promise<Generation>;
  /** Called when a spare is ready. */
  readonly ready: () => void;
  /** Called when a spare has ended before it was needed. */
  readonly ended: (spare: Generation) => void;
  readonly failed: (error: unknown) => void;
}

/** A second plugin that is started but not used, so that it can take over at once. */
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

  /** Takes the spare, if one is ready, and has another one started. */
  take(): Generation | undefined {
    const spare = this.#current;
    if (spare?.usable !== true) return undefined;
    this.#current = undefined;
    this.#taken();
    return spare;
  }

  /** Keeps a spare: starts one whenever there is none, until the abort. */
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

/**
 * TypeScript assumes that a signal which was not aborted before an await is not aborted after it; a function call
 * avoids that.
 */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
