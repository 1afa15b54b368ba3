/**
 * The broker's message stream: who serves where. Each side keeps what the other announced until it is dialled.
 */
import { BrokerError } from '../errors.ts';
import type { ConnInfo } from '../wire/messages.ts';

/** How long a dial waits for its announcement (go-plugin: grpc_broker.go, DialWithOptions). */
export const announcementWaitMs = 5_000;

/** Announcements kept for later dials; a peer that announces without end drives out its own oldest ones. */
const keptAnnouncements = 1_024;

interface Waiter {
  readonly resolve: (info: ConnInfo) => void;
  readonly reject: (error: unknown) => void;
}

export class Announcements {
  readonly #send: (info: ConnInfo) => void;
  readonly #kept = new Map<number, ConnInfo>();
  readonly #waiting = new Map<number, Waiter[]>();
  #closedBecause: string | undefined;

  constructor(send: (info: ConnInfo) => void) {
    this.#send = send;
  }

  /** @throws BrokerError when the stream has ended */
  send(info: ConnInfo): void {
    this.throwIfClosed(info.serviceId);
    this.#send(info);
  }

  receive(info: ConnInfo): void {
    const [first, ...rest] = this.#waiting.get(info.serviceId) ?? [];
    if (first) {
      this.#setWaiters(info.serviceId, rest);
      first.resolve(info);
      return;
    }
    this.#kept.delete(info.serviceId); // so that the newest stands last
    this.#kept.set(info.serviceId, info);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keptAnnouncements && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** Waits for the announcement of `id` and takes it: a second dial needs a second announcement. */
  async take(
    id: number,
    {
      timeoutMs = announcementWaitMs,
      signal,
    }: { timeoutMs?: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<ConnInfo> {
    signal?.throwIfAborted();
    const kept = this.#kept.get(id);
    if (kept) {
      this.#kept.delete(id);
      return kept;
    }
    this.throwIfClosed(id);
    const { promise, waiter } = this.#wait(id);
    const timer = setTimeout(() => {
      waiter.reject(notAnnounced(id, timeoutMs));
    }, timeoutMs);
    const onAbort = (): void => {
      waiter.reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#setWaiters(
        id,
        (this.#waiting.get(id) ?? []).filter((other) => other !== waiter),
      );
    }
  }

  /** Ends all waiting. Announcements that have arrived can still be taken. Idempotent: the first reason counts. */
  close(because: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = because;
    for (const [id, waiters] of this.#waiting)
      for (const waiter of waiters) waiter.reject(closed(id, because));
  }

  throwIfClosed(id?: number): void {
    if (this.#closedBecause !== undefined) throw closed(id, this.#closedBecause);
  }

  #wait(id: number): { promise: Promise<ConnInfo>; waiter: Waiter } {
    let waiter: Waiter | undefined;
    const promise = new Promise<ConnInfo>((resolve, reject) => {
      waiter = { resolve, reject };
    });
    if (!waiter) throw new TypeError('a promise runs its executor at once');
    this.#setWaiters(id, [...(this.#waiting.get(id) ?? []), waiter]);
    return { promise, waiter };
  }

  #setWaiters(id: number, waiters: Waiter[]): void {
    if (waiters.length === 0) this.#waiting.delete(id);
    else this.#waiting.set(id, waiters);
  }
}

function closed(id: number | undefined, because: string): BrokerError {
  return new BrokerError('BROKER_CLOSED', `The broker is closed: ${because}`, { id });
}

function notAnnounced(id: number, timeoutMs: number): BrokerError {
  return new BrokerError(
    'BROKER_NOT_ANNOUNCED',
    `Nothing was offered under id ${id} within ${timeoutMs} ms`,
    {
      id,
      hint: 'An offer can be dialled once, and the side that makes it must do so before the id is dialled.',
    },
  );
}
