import { BulkheadError } from '../../errors.ts';

/** How often it is looked whether something was heard, within the time that a host may be silent. */
const looks = 5;

/**
 * Ends the wait for a host of which nothing is heard. Looks are counted, and not the time alone: where this process was
 * stopped itself, what the host has said meanwhile is read before the next look.
 */
export class Silence {
  readonly #gone = new AbortController();
  readonly #limitMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.heard();
  }

  /** Aborted with a BulkheadError `HOST_SILENT`. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Begins to count anew. */
  heard(): void {
    this.pause();
    let left = looks;
    this.#timer = setInterval(() => {
      left -= 1;
      if (left > 0) return;
      this.pause();
      this.#gone.abort(
        new BulkheadError(
          'HOST_SILENT',
          `the host stands still: nothing was heard of it for ${this.#limitMs / 1000} seconds`,
          {
            hint: 'A host that was stopped (Ctrl-Z, SIGSTOP) goes on after SIGCONT. Whether it then does what was asked for is not known: bulkhead ps shows what runs.',
          },
        ),
      );
    }, this.#limitMs / looks);
  }

  /** Stops counting, while it is not the host that is waited for. */
  pause(): void {
    clearInterval(this.#timer);
  }
}
