/**
 * What the servers for one plugin have taken from it together: connections, calls in progress, incomplete messages. A
 * plugin can be offered many services, and may use each of them without end.
 */
import { limits } from '../limits.ts';
import { HeldBytes } from './held-bytes.ts';
import { LimitExceeded } from './limit-error.ts';

export class Intake {
  readonly maxMessageBytes: number;
  readonly held: HeldBytes;
  #connections = 0;
  #calls = 0;
  #handlers = 0;

  constructor(maxMessageBytes: number = limits.maxMessageBytes.value) {
    this.maxMessageBytes = maxMessageBytes;
    this.held = new HeldBytes(maxMessageBytes);
  }

  get connections(): number {
    return this.#connections;
  }

  get calls(): number {
    return this.#calls;
  }

  /** @returns false when there are too many */
  connect(): boolean {
    if (this.#connections >= limits.servedConnectionsTotal.value) return false;
    this.#connections += 1;
    return true;
  }

  disconnect(): void {
    this.#connections -= 1;
  }

  /** The work for a call, which goes on when its caller has hung up. @throws LimitExceeded when there is too much */
  async handle<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#handlers >= limits.servedCalls.value) {
      throw new LimitExceeded('servedCalls', `${this.#handlers} calls are being answered`);
    }
    this.#handlers += 1;
    try {
      return await work();
    } finally {
      this.#handlers -= 1;
    }
  }

  /** @returns false when there are too many */
  begin(): boolean {
    if (this.#calls >= limits.servedCalls.value) return false;
    this.#calls += 1;
    return true;
  }

  end(): void {
    this.#calls -= 1;
  }
}
