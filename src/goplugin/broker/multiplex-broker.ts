/** The broker with multiplexing: brokered connections are streams inside the one connection between host and plugin. */
import type { AbortOption } from '../../abort.ts';
import { checkDial, checkOffer } from './broker-options.ts';
import type { Duplex } from 'node:stream';
import { BrokerError } from '../errors.ts';
import type { CallFailure } from '../grpc/client/call-end.ts';
import { Http2Channel } from '../grpc/client/http2-channel.ts';
import { Intake } from '../grpc/server/intake.ts';
import { ConnectionServer } from '../grpc/server/server.ts';
import type { MutualTls } from '../tls/identity.ts';
import type { ConnInfo } from '../wire/messages.ts';
import type { YamuxSession } from '../yamux/session.ts';
import type { YamuxStream } from '../yamux/stream.ts';
import { announcementWaitMs } from './announcements.ts';
import type { BrokeredConnection, BrokeredServer, BrokerEnd, Servable } from './broker.ts';
import { Connection, type OpenSet } from './brokered-connection.ts';
import { KnockAcceptor } from './knock-acceptor.ts';
import { brokerClosed } from './failures.ts';
import { Ids } from './ids.ts';
import { Knocks } from './knocks.ts';

export interface MultiplexSide {
  readonly tls: MutualTls | undefined;
  /** The longest message of the application, in bytes. Default: the limit of `limits.ts`. */
  readonly maxMessageBytes?: number | undefined;
  /** The connection that carries the streams; `undefined` while there is none. */
  session(): YamuxSession | undefined;
  /** Turns a failed call on a brokered connection into the error to throw. */
  explain(failure: CallFailure, method: string): Promise<Error>;
}

export class MultiplexBroker implements BrokerEnd {
  readonly #side: MultiplexSide;
  readonly #ids = new Ids();
  readonly #knockAcceptor: KnockAcceptor;
  readonly #knocks: Knocks;
  readonly #open: OpenSet = new Set();
  readonly #intake: Intake;
  #closedBecause: string | undefined;

  constructor(side: MultiplexSide, send: (info: ConnInfo) => void) {
    this.#side = side;
    this.#intake = new Intake(side.maxMessageBytes);
    this.#knockAcceptor = new KnockAcceptor(send);
    this.#knocks = new Knocks(() => {
      const session = side.session();
      if (session) return session;
      throw new BrokerError('BROKER_CLOSED', 'The broker is not connected to the other side yet');
    }, send);
  }

  serve(what: Servable, options: AbortOption = {}): Promise<BrokeredServer> {
    return settled(() => {
      checkOffer(what, options);
      const { signal } = options;
      signal?.throwIfAborted();
      if (this.#closedBecause !== undefined) throw brokerClosed(undefined, this.#closedBecause);
      const server = new ConnectionServer([what], this.#side.tls, this.#intake);
      return new Offer(this.#ids.next(), server, this.#knockAcceptor, this.#open);
    });
  }

  async dial(
    id: number,
    options: AbortOption & { timeoutMs?: number | undefined } = {},
  ): Promise<BrokeredConnection> {
    checkDial(id, options);
    const { timeoutMs = announcementWaitMs } = options;
    let first: YamuxStream | undefined = await this.#knocks.dial(id, { ...options, timeoutMs });
    const connect = async (signal: AbortSignal): Promise<Duplex> => {
      const stream = first ?? (await this.#knocks.dial(id, { timeoutMs, signal }));
      first = undefined;
      return stream;
    };
    const channel = new Http2Channel(connect, this.#side.tls, this.#side.maxMessageBytes);
    channel.connect(); // at once: the other side waits for what comes over the stream
    return new Connection({
      id,
      channel,
      open: this.#open,
      explain: (failure, method) => this.#side.explain(failure, method),
    });
  }

  receive(info: ConnInfo): void {
    if (info.knock?.knock !== true) return; // an announcement means nothing in this mode
    if (info.knock.ack) this.#knocks.acknowledged(info);
    else this.#knockAcceptor.knocked(info.serviceId);
  }

  /** Takes a stream that the other side opened. @returns false when nobody waits for it */
  take(stream: Duplex): boolean {
    return this.#knockAcceptor.take(stream);
  }

  close(because: string): Promise<void> {
    this.#closedBecause ??= because;
    this.#knocks.close(because);
    this.#knockAcceptor.closeAll();
    for (const each of [...this.#open]) each.end();
    return Promise.resolve();
  }
}

class Offer implements BrokeredServer {
  readonly id: number;
  readonly #server: ConnectionServer;
  readonly #knockAcceptor: KnockAcceptor;
  readonly #open: OpenSet;

  constructor(id: number, server: ConnectionServer, knockAcceptor: KnockAcceptor, open: OpenSet) {
    this.id = id;
    this.#server = server;
    this.#knockAcceptor = knockAcceptor;
    this.#open = open;
    knockAcceptor.open(id, (stream) => {
      server.serve(stream);
    });
    open.add(this);
  }

  close(): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  end(): void {
    this.#open.delete(this);
    this.#knockAcceptor.close(this.id);
    this.#server.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Returns as a promise what `work` returns or throws. */
function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
