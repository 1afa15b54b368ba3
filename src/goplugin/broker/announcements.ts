/**
 * The broker's message stream, which says who serves where. Each side keeps what the other announced until it is
 * dialled.
 */
import { whenAborted } from '../../abort.ts';
import { limits } from '../limits.ts';
import type { ConnInfo } from '../wire/messages.ts';
import { addressTooLong, brokerClosed, notAnnounced } from './failures.ts';

/** How long a dial waits for its announcement (go-plugin: grpc_broker.go, DialWithOptions). */
export const announcementWaitMs = 5_000;

/** Most announcements kept: a peer that announces without end drives out its own oldest ones. */
const keptAnnouncements = limits.announcements.value;

interface Waiter {
  readonly resolve: (info: ConnInfo) => void;
  readonly reject: (error: unknown) => void;
}

export class Announcements {
  readonly #send: (info: ConnInfo) => void;
  /** Announcements by id. One that was too long is kept as the error for whoever dials it. */
  readonly #kept = new Map<number, ConnInfo | Error>();
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

  receive({ serviceId, network, address }: ConnInfo): void {
    const tooLong = network.length + address.length > limits.announcedAddressBytes.value;
    const info = tooLong ? addressTooLong(serviceId) : { serviceId, network, address };
    const [first, ...rest] = this.#waiting.get(serviceId) ?? [];
    if (first) {
      this.#setWaiters(serviceId, rest);
      if (info instanceof Error) first.reject(info);
      else first.resolve(info);
      return;
    }
    this.#kept.delete(serviceId); // deleted first, so that the newest entry stands last
    this.#kept.set(serviceId, info);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keptAnnouncements && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** Waits for the announcement of `id` and removes it: a second dial needs a second announcement. */
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
      if (kept instanceof Error) throw kept;
      return kept;
    }
    this.throwIfClosed(id);
    const { promise, waiter } = this.#wait(id);
    const timer = setTimeout(() => {
      waiter.reject(notAnnounced(id, timeoutMs));
    }, timeoutMs);
    const stopListening = whenAborted(signal, () => {
      waiter.reject(signal?.reason);
    });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      stopListening();
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
      for (const waiter of waiters) waiter.reject(brokerClosed(id, because));
  }

  throwIfClosed(id?: number): void {
    if (this.#closedBecause !== undefined) throw brokerClosed(id, this.#closedBecause);
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
