import { KeptOutput } from '../goplugin/internal.ts';

/** Remembers what an error needs of a stream that somebody else reads. */
export class WatchedOutput {
  /** The same stream, to be read instead of the original. */
  readonly stream: AsyncIterable<Uint8Array>;
  readonly #kept = new KeptOutput();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.stream = this.#watch(source);
  }

  /** The beginning and the end of what was read, for an error. */
  text(): string {
    return this.#kept.text();
  }

  async *#watch(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#kept.push(chunk);
      yield chunk;
    }
  }
}
