/**
 * The serving half of the broker with multiplexing: it decides who gets the stream that comes next (go-plugin:
 * internal/grpcmux).
 *
 * One stream is promised at a time: a knock is acknowledged once the stream for the previous knock has come, so that no
 * stream can reach the wrong service.
 */
import type { Duplex } from 'node:stream';
import { limits } from '../limits.ts';
import type { ConnInfo } from '../wire/messages.ts';

/**
 * How long a knock waits for a service that is not there yet. It is less than the five seconds after which Go gives up
 * (go-plugin: grpc_broker.go, knock): an acknowledgement that comes later would promise a stream to nobody.
 */
const heldMs = 4_500;
/** How long an acknowledged stream may take to come. */
const promisedMs = 5_000;
const mostWaiting = limits.waitingKnocks.value;

export class KnockAcceptor {
  readonly #send: (info: ConnInfo) => void;
  readonly #open = new Map<number, (stream: Duplex) => void>();
  /** Knocks for ids that nothing serves yet. */
  readonly #held = new Map<number, NodeJS.Timeout>();
  /** Knocks to be acknowledged, in their order. */
  readonly #queue: number[] = [];
  #promised: { readonly id: number; readonly timer: NodeJS.Timeout } | undefined;

  constructor(send: (info: ConnInfo) => void) {
    this.#send = send;
  }

  /** Begins to serve the id: each stream that is dialled to it goes to `serve`. */
  open(id: number, serve: (stream: Duplex) => void): void {
    this.#open.set(id, serve);
    if (!this.#held.has(id)) return;
    this.#release(id);
    this.#queue.push(id);
    this.#promiseNext();
  }

  close(id: number): void {
    this.#open.delete(id);
  }

  knocked(id: number): void {
    if (this.#queue.length + this.#held.size >= mostWaiting) {
      this.#answer(id, 'too many knocks are waiting');
    } else if (this.#open.has(id)) {
      this.#queue.push(id);
      this.#promiseNext();
    } else if (!this.#held.has(id)) {
      const timer = setTimeout(() => {
        this.#held.delete(id);
        this.#answer(id, `nothing is served under id ${id}`);
      }, heldMs).unref();
      this.#held.set(id, timer);
    }
  }

  /**
   * Passes a stream that the other side opened to the service to which it was promised. @returns false when it was
   * promised to none
   */
  take(stream: Duplex): boolean {
    const promised = this.#promised;
    if (!promised) return false;
    this.#forget();
    const serve = this.#open.get(promised.id);
    if (serve) serve(stream);
    else stream.destroy();
    this.#promiseNext();
    return true;
  }

  /** Idempotent. */
  closeAll(): void {
    this.#open.clear();
    this.#queue.length = 0;
    for (const id of this.#held.keys()) this.#release(id);
    this.#forget();
  }

  #promiseNext(): void {
    while (!this.#promised) {
      const id = this.#queue.shift();
      if (id === undefined) return;
      if (this.#open.has(id)) this.#promise(id);
      else this.#answer(id, `nothing is served under id ${id} any more`);
    }
  }

  #promise(id: number): void {
    const timer = setTimeout(() => {
      this.#forget();
      this.#promiseNext();
    }, promisedMs).unref();
    this.#promised = { id, timer };
    this.#answer(id, '');
  }

  #forget(): void {
    clearTimeout(this.#promised?.timer);
    this.#promised = undefined;
  }

  #release(id: number): void {
    clearTimeout(this.#held.get(id));
    this.#held.delete(id);
  }

  #answer(id: number, error: string): void {
    this.#send({ serviceId: id, network: '', address: '', knock: { knock: true, ack: true, error } });
  }
}
