/**
 * The dialling half of the broker with multiplexing (go-plugin: grpc_broker.go, knock and muxDial). A knock says which
 * service the next stream is for; its acknowledgement says that the other side is ready for it.
 */
import { orAborted } from '../../abort.ts';
import { BrokerError } from '../errors.ts';
import { Limit, within } from '../limit.ts';
import { limits } from '../limits.ts';
import type { ConnInfo } from '../wire/messages.ts';
import type { YamuxSession } from '../yamux/session.ts';
import type { YamuxStream } from '../yamux/stream.ts';
import { brokerClosed, notAnnounced } from './failures.ts';

/**
 * How long the next dial waits for a stream to be accepted. A host in Go gives streams to whoever asks first, so two
 * streams under way at once could be mixed up.
 */
const acceptedWaitMs = 2_000;

export interface KnockOptions {
  /** How long the other side may take to answer once it is this dial's turn, as in Go. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export class Knocks {
  readonly #session: () => YamuxSession;
  readonly #send: (info: ConnInfo) => void;
  /** Resolves when the stream of the previous dial has been accepted. Dials take turns, over all ids. */
  #turn: Promise<unknown> = Promise.resolve();
  #knocked: { readonly id: number; readonly answered: (error?: Error) => void } | undefined;
  /** Knocks that nobody waits for any more and that may still be acknowledged: their number, by id. */
  readonly #givenUp = new Map<number, number>();
  #closedBecause: string | undefined;

  constructor(session: () => YamuxSession, send: (info: ConnInfo) => void) {
    this.#session = session;
    this.#send = send;
  }

  /** Opens a stream to what the other side serves under `id`. @throws BrokerError when it serves nothing there */
  async dial(id: number, { timeoutMs, signal }: KnockOptions): Promise<YamuxStream> {
    signal?.throwIfAborted();
    const before = this.#turn;
    let done: (accepted?: Promise<unknown>) => void = () => undefined;
    this.#turn = new Promise((resolve) => {
      done = resolve;
    });
    try {
      await orAborted(before, signal);
      await this.#knock(id, { timeoutMs, signal });
      const stream = this.#session().open();
      done(within(acceptedWaitMs, stream.accepted));
      return stream;
    } catch (error) {
      done(before); // the next dial still waits for the previous one
      throw error;
    }
  }

  acknowledged({ serviceId: id, knock }: ConnInfo): void {
    const error = knock?.error ?? '';
    if (this.#knocked?.id === id) {
      this.#knocked.answered(error === '' ? undefined : refused(id, error));
    } else if (this.#wasGivenUp(id) && error === '') {
      // The acknowledgement is late: nobody waits, and the other side has promised the next stream to this id. So one
      // is opened and ended. An acknowledgement of something that was never asked for gets none.
      this.#session().open().destroy();
    }
  }

  /** Makes every dial fail. Idempotent. */
  close(because: string): void {
    this.#closedBecause ??= because;
    this.#knocked?.answered(brokerClosed(this.#knocked.id, this.#closedBecause));
  }

  #giveUp(id: number): void {
    const before = this.#givenUp.get(id) ?? 0;
    this.#givenUp.delete(id); // deleted first, so that the newest entry stands last
    this.#givenUp.set(id, before + 1);
    const [oldest] = this.#givenUp.keys();
    if (this.#givenUp.size > mostGivenUp && oldest !== undefined) this.#givenUp.delete(oldest);
  }

  #wasGivenUp(id: number): boolean {
    const count = this.#givenUp.get(id) ?? 0;
    if (count > 1) this.#givenUp.set(id, count - 1);
    else this.#givenUp.delete(id);
    return count > 0;
  }

  async #knock(id: number, { timeoutMs, signal }: KnockOptions): Promise<void> {
    if (this.#closedBecause !== undefined) throw brokerClosed(id, this.#closedBecause);
    using limit = new Limit(timeoutMs, signal);
    const answer = new Promise<void>((resolve, reject) => {
      const answered = (error?: Error): void => {
        if (error) reject(error);
        else resolve();
        this.#knocked = undefined; // a second answer finds nobody waiting
      };
      this.#knocked = { id, answered };
    });
    try {
      this.#send({ serviceId: id, network: '', address: '', knock: { knock: true, ack: false, error: '' } });
      await limit.race(answer);
    } catch (error) {
      if (limit.signal.aborted) this.#giveUp(id);
      throw limit.expired ? notAnnounced(id, timeoutMs) : error;
    } finally {
      this.#knocked = undefined;
    }
  }
}

/** How many knocks that were given up are remembered. */
const mostGivenUp = limits.waitingKnocks.value;

function refused(id: number, why: string): BrokerError {
  return new BrokerError('BROKER_NOT_ANNOUNCED', `The other side does not serve under id ${id}: ${why}`, {
    id,
  });
}
