import { KeptOutput } from '../goplugin/internal.ts';

/** Remembers what an error needs of a stream that somebody else reads. */
export class WatchedOutput {
  /** The same stream, to be read instead of the original. */
  readonly stream: AsyncIterable<Uint8Array>;
  readonly #kept = new KeptOutput();
  #seen = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.stream = this.#watch(source);
  }

  /** Whether anything was read. */
  get seen(): boolean {
    return this.#seen;
  }

  /** The beginning and the end of what was read, for an error. */
  text(): string {
    return this.#kept.text();
  }

  async *#watch(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#seen = true;
      this.#kept.push(chunk);
      yield chunk;
    }
  }
}
