import { Tail } from '../goplugin/internal.ts';

/** Remembers the last bytes of a stream that somebody else reads. */
export class WatchedOutput {
  /** The same stream, to be read instead of the original. */
  readonly stream: AsyncIterable<Uint8Array>;
  readonly #tail = new Tail();
  #seen = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.stream = this.#watch(source);
  }

  /** Whether anything was read at all. */
  get seen(): boolean {
    return this.#seen;
  }

  /** The end of what was read, for an error. */
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
