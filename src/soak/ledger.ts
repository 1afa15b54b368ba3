/** Keeps account of everything that a trial has begun, and of how it ended. */
import { BulkheadError } from '../errors.ts';

export interface Entry {
  readonly what: string;
  outcome?:
    | { readonly error?: undefined; readonly milliseconds: number }
    | { readonly error: unknown; readonly milliseconds: number };
}

export class Ledger {
  readonly entries: Entry[] = [];
  readonly #open = new Set<Promise<void>>();
  /** What is wrong whatever the faults were, such as an answer that belongs to another call. */
  readonly wrongs: string[] = [];

  /** Notes how the work ends. Returns its value, or `undefined` where it failed. */
  async track<T>(what: string, work: Promise<T>): Promise<T | undefined> {
    const entry: Entry = { what };
    this.entries.push(entry);
    const begin = performance.now();
    const over = work.then(
      (value) => {
        entry.outcome = { milliseconds: performance.now() - begin };
        return value;
      },
      (error: unknown) => {
        entry.outcome = { error, milliseconds: performance.now() - begin };
        return undefined;
      },
    );
    const settled = over.then(() => undefined);
    this.#open.add(settled);
    void settled.then(() => this.#open.delete(settled));
    return over;
  }

  wrong(what: string): void {
    this.wrongs.push(what);
  }

  /** What has not ended. */
  get open(): string[] {
    return this.entries.filter(({ outcome }) => outcome === undefined).map(({ what }) => what);
  }

  get errors(): { readonly what: string; readonly error: unknown }[] {
    return this.entries.flatMap(({ what, outcome }) =>
      outcome !== undefined && 'error' in outcome && outcome.error !== undefined
        ? [{ what, error: outcome.error }]
        : [],
    );
  }

  /** Waits until everything has ended, and no longer than the limit. Returns whether it has. */
  async settled(limitMs: number): Promise<boolean> {
    const late = AbortSignal.timeout(limitMs);
    while (this.#open.size > 0 && !late.aborted) {
      await Promise.race([
        Promise.all(this.#open),
        new Promise<void>((resolve) => {
          late.addEventListener(
            'abort',
            () => {
              resolve();
            },
            { once: true },
          );
        }),
      ]);
    }
    return this.#open.size === 0;
  }
}

/** The codes that led to an error, from the outermost to the innermost. */
export function chainOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at: unknown = error; at instanceof Error && codes.length < 8; at = at.cause) {
    codes.push(at instanceof BulkheadError ? at.code : at.name);
  }
  return codes;
}
