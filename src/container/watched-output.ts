import { Tail } from '../goplugin/internal.ts';

/** Remembers the last bytes of a stream that somebody else reads. */
export class WatchedOutput {
  /** The same stream, to be read in place of the original. */
  readonly stream: AsyncIterable<Uint8Array>;
  readonly #tail = new Tail();
  #seen = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.stream = this.#watch(source);
  }

  /** Whether anything passed at all. */
  get seen(): boolean {
    return this.#seen;
  }

  /** The end of what passed, as an error carries it. */
  text(): string {
    return this.#tail.text();
  }

  async *#watch(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#tail.push(chunk);
      this.#seen ||= chunk.length > 0;
      yield chunk;
    }
  }
}
