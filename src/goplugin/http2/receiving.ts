/**
 * The window of a connection for what the other side sends (RFC 9113, section 5.2). Credit is given back as data arrive: the
 * windows of the streams bound what is kept. Pure.
 */
import { ConnectionFault } from './errors.ts';
import { errorCode } from './protocol.ts';

export class Receiving {
  readonly #window: number;
  #uncredited = 0;

  constructor(window: number) {
    this.#window = window;
  }

  /**
   * Counts what arrives. @returns the credit to give now; 0 for none: credit is given in large portions
   *
   * @throws ConnectionFault when the other side sends more than it may
   */
  received(length: number): number {
    this.#uncredited += length;
    if (this.#uncredited > this.#window) {
      throw new ConnectionFault(errorCode.flowControlError, 'more data arrive than the connection takes');
    }
    if (2 * this.#uncredited < this.#window) return 0;
    const credit = this.#uncredited;
    this.#uncredited = 0;
    return credit;
  }
}
