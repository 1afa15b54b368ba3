/** Messages pushed on one side and iterated on the other. */
export class MessageQueue<T> implements AsyncIterable<T> {
  readonly #messages: T[] = [];
  #ended = false;
  #wake: (() => void) | undefined;
  #onTaken: (() => void) | undefined;

  get length(): number {
    return this.#messages.length;
  }

  push(message: T): void {
    if (this.#ended) return;
    this.#messages.push(message);
    this.#wake?.();
  }

  /** Resolves when fewer than `length` messages wait, or when no more will be taken. */
  async shorterThan(length: number): Promise<void> {
    while (!this.#ended && this.#messages.length >= length) {
      await new Promise<void>((resolve) => {
        this.#onTaken = resolve;
      });
    }
  }

  /** Ends the iteration once the messages pushed before have been taken. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
    this.#onTaken?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const next = this.#messages.shift();
      if (next !== undefined) {
        this.#onTaken?.();
        yield next;
      } else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
