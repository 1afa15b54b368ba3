/** The bytes of incomplete messages that all calls of a connection hold together. */
import { limits } from '../limits.ts';
import { LimitExceeded } from './limit-error.ts';

export class HeldBytes {
  readonly #limit: number;
  #held = 0;

  constructor(maxMessageBytes: number) {
    this.#limit = limits.heldMessages.value * Math.max(maxMessageBytes, limits.stdioMessageBytes.value);
  }

  get held(): number {
    return this.#held;
  }

  /** @throws LimitExceeded */
  take(bytes: number): void {
    if (this.#held + bytes > this.#limit) {
      throw new LimitExceeded(
        'heldMessages',
        `calls hold ${this.#held + bytes} bytes of messages that have not arrived whole`,
        this.#limit,
      );
    }
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}
