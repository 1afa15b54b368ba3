/** Keeps what this process has asked engines, and what they answered, for whoever looks for the reason of a failure. */
import { onRequests, type Asked } from './request-events.ts';

/** How many of the last requests are kept. */
const kept = 5_000;

export class RequestLog implements Disposable {
  readonly #begun = performance.now();
  readonly #lines: string[] = [];
  readonly #listeners = [
    onRequests('create', ({ request }) => {
      this.#note(request, 'asked');
    }),
    onRequests('headers', ({ request, response }) => {
      this.#note(request, String(response.statusCode));
    }),
    onRequests('error', ({ request, error }) => {
      this.#note(request, String(error));
    }),
  ];

  [Symbol.dispose](): void {
    for (const listener of this.#listeners) listener[Symbol.dispose]();
  }

  /** Returns the lines that have this word in their path, the oldest first, with short ids. */
  about(word: string): string[] {
    const found = this.#lines.filter((line) => line.includes(word));
    return found.map((line) => line.replace(/([0-9a-f]{12})[0-9a-f]{52}/g, '$1'));
  }

  #note({ method, path }: Asked, what: string): void {
    const at = Math.round(performance.now() - this.#begun);
    this.#lines.push(`${at} ms ${method} ${path} ${what}`);
    if (this.#lines.length > kept) this.#lines.splice(0, kept / 2);
  }
}
