/** The requests of a call at a server. What is not taken makes the caller wait. */

export interface RequestSource {
  pause(): void;
  resume(): void;
}

export class RequestStream implements AsyncIterable<unknown> {
  readonly #source: RequestSource;
  #requests: unknown[] = [];
  #end: { readonly error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(source: RequestSource) {
    this.#source = source;
  }

  push(request: unknown): void {
    this.#requests.push(request);
    this.#source.pause();
    this.#wake?.();
  }

  /** @param error what a reader gets after the last request; `undefined` for an end as it should be */
  end(error?: Error): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator {
    for (;;) {
      const requests = this.#requests;
      this.#requests = [];
      yield* requests;
      if (this.#requests.length > 0) continue;
      if (this.#end) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return;
      }
      this.#source.resume();
      if (this.#hasNews()) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  /** Reading on may bring requests at once. */
  #hasNews(): boolean {
    return this.#requests.length > 0 || this.#end !== undefined;
  }
}
