/**
 * Tells a flood of frames that move nothing, such as pings, settings, empty data, from those that go along with calls. Does
 * no I/O.
 */
import { ConnectionFault } from './errors.ts';
import { errorCode } from './protocol.ts';

/** A peer without any calls may send so many at once, and so many more in a second. */
const perSecond = 1_000;
/** How many go along with each frame that belongs to a call, in either direction. */
const perUseful = 4;

export class FloodGuard {
  readonly #most: number;
  #left: number;
  #at = performance.now();

  constructor(most: number) {
    this.#most = most;
    this.#left = most;
  }

  /** Called for each frame with headers or data of a call, received or sent. */
  useful(): void {
    if (this.#left < this.#most) this.#left += perUseful;
  }

  /** Called for each frame that moves nothing. @throws ConnectionFault when there are too many */
  idle(what: string): void {
    this.#left -= 1;
    if (this.#left >= 0) return;
    const now = performance.now();
    this.#left += Math.min(this.#most, Math.floor(((now - this.#at) / 1000) * perSecond));
    this.#at = now;
    if (this.#left < 0) {
      throw new ConnectionFault(
        errorCode.enhanceYourCalm,
        `too many frames without use (${what}), and the limit idleFrames is ${this.#most}`,
      );
    }
  }
}
