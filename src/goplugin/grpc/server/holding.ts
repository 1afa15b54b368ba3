/** The bytes that one call at a server holds until it is over: its longest request, and the answers that are not read yet. */
import { countedLength, type Intake } from './intake.ts';

export class Holding {
  readonly #intake: Intake;
  #longest = 0;
  #unread = 0;
  #over = false;

  constructor(intake: Intake) {
    this.#intake = intake;
  }

  /** @throws LimitExceeded */
  received(length: number): void {
    if (length <= countedLength || length <= this.#longest || this.#over) return;
    this.#intake.held.take(length - this.#longest);
    this.#longest = length;
  }

  /** @returns a function to call when the answer has been sent. @throws LimitExceeded */
  answered(length: number): () => void {
    if (this.#over) return () => undefined;
    this.#intake.held.take(length);
    this.#unread += length;
    return () => {
      if (this.#over) return;
      this.#intake.held.give(length);
      this.#unread -= length;
    };
  }

  /** Idempotent. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#intake.held.give(this.#longest + this.#unread);
  }
}
