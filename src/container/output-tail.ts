/** Remembers the last bytes of a stream that somebody else reads. */
export interface OutputTail {
  /** The same stream, to be read in place of the original. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** The last bytes that passed, as text. */
  text(): string;
  /** Whether anything passed at all. */
  seen(): boolean;
}

/** @param limit how many bytes to keep */
export function withTail(source: AsyncIterable<Uint8Array>, limit: number): OutputTail {
  let kept = Buffer.alloc(0);
  return {
    stream: {
      async *[Symbol.asyncIterator]() {
        for await (const chunk of source) {
          kept = Buffer.concat([kept, chunk.subarray(-limit)]).subarray(-limit);
          yield chunk;
        }
      },
    },
    text: () => kept.toString('utf8'),
    seen: () => kept.length > 0,
  };
}
