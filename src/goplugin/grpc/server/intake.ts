/**
 * Counts what the servers for one plugin have accepted from it together: connections, calls in progress, incomplete
 * messages. A plugin can be offered many services, and may use each of them without end.
 */
import { limits } from '../../limits.ts';
import { HeldBytes } from '../held-bytes.ts';
import { LimitExceeded } from '../limit-error.ts';

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

  /** @returns false when there are too many connections */
  connect(): boolean {
    if (this.#connections >= limits.servedConnectionsTotal.value) return false;
    this.#connections += 1;
    return true;
  }

  disconnect(): void {
    this.#connections -= 1;
  }

  /**
   * Runs the work for a call, which goes on when its caller has hung up. @throws LimitExceeded when there is too much
   * work
   */
  async handle<T>(request: unknown, work: () => T | Promise<T>): Promise<T> {
    if (this.#handlers >= limits.servedCalls.value) {
      throw new LimitExceeded('servedCalls', `${this.#handlers} calls are being answered`);
    }
    const bytes = lengthOf(request);
    this.held.take(bytes);
    this.#handlers += 1;
    try {
      return await work();
    } finally {
      this.#handlers -= 1;
      this.held.give(bytes);
    }
  }

  /** @returns false when there are too many calls */
  begin(): boolean {
    if (this.#calls >= limits.servedCalls.value) return false;
    this.#calls += 1;
    return true;
  }

  end(): void {
    this.#calls -= 1;
  }
}

/** Length in bytes below which messages are not counted: they are bounded by the number of calls. */
export const countedLength = 64 * 1024;

const lengths = new WeakMap<object, number>();

/** Remembers how long a request was before it was decoded. @returns the request */
export function withLength(request: unknown, bytes: number): unknown {
  if (bytes > countedLength && typeof request === 'object' && request !== null) lengths.set(request, bytes);
  return request;
}

function lengthOf(request: unknown): number {
  return typeof request === 'object' && request !== null ? (lengths.get(request) ?? 0) : 0;
}
