/** What this process has asked engines, and what they answered, for whoever looks for the reason of a failure. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** How many of the last requests are kept. */
const kept = 5_000;

interface Asked {
  readonly method: string;
  readonly path: string;
}

export class RequestLog implements Disposable {
  readonly #begun = performance.now();
  readonly #lines: string[] = [];
  readonly #listeners = [
    [
      'undici:request:create',
      ({ request }: { request: Asked }) => {
        this.#note(request, 'asked');
      },
    ],
    [
      'undici:request:headers',
      ({ request, response }: { request: Asked; response: { statusCode: number } }) => {
        this.#note(request, String(response.statusCode));
      },
    ],
    [
      'undici:request:error',
      ({ request, error }: { request: Asked; error: unknown }) => {
        this.#note(request, String(error));
      },
    ],
  ] as const;

  constructor() {
    for (const [channel, listener] of this.#listeners) subscribe(channel, listener as () => void);
  }

  [Symbol.dispose](): void {
    for (const [channel, listener] of this.#listeners) unsubscribe(channel, listener as () => void);
  }

  /** The lines that have this word in their path, the oldest first. */
  about(word: string): string[] {
    return this.#lines.filter((line) => line.includes(word));
  }

  #note({ method, path }: Asked, what: string): void {
    const at = Math.round(performance.now() - this.#begun);
    this.#lines.push(`${at} ms ${method} ${path.replace(/([0-9a-f]{12})[0-9a-f]{52}/g, '$1')} ${what}`);
    if (this.#lines.length > kept) this.#lines.splice(0, kept / 2);
  }
}
