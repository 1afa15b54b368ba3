/**
 * The broker without multiplexing: every offer is a unix socket of its own, announced on the broker's stream.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Client, ServiceError } from '@grpc/grpc-js';
import { BrokerError } from '../errors.ts';
import { openChannel } from '../grpc/channel.ts';
import { clientMaker } from '../grpc/client.ts';
import { ConnectionServer } from '../grpc/server.ts';
import type { PluginAddress } from '../runner.ts';
import type { MutualTls } from '../tls/identity.ts';
import type { ConnInfo } from '../wire/messages.ts';
import { Announcements } from './announcements.ts';
import type { Broker, BrokeredConnection, BrokeredServer, Servable } from './broker.ts';
import { listenOnUnixSocket, type Listener } from './unix-listener.ts';

/** What differs between the two sides, and between a host and a plugin. */
export interface BrokerSide {
  readonly tls: MutualTls | undefined;
  /** Where this side makes its sockets. Throws when there is no such place. */
  socketDirectory(): string;
  /** Lets the other side connect to the socket at `path`, and returns the address to announce. */
  share(path: string): Promise<PluginAddress>;
  /** Turns an address that the other side announced into one that this side can connect to. */
  reach(address: PluginAddress): PluginAddress;
  /** What a failed call on a brokered connection means. */
  explain(failure: ServiceError, method: string): Promise<Error>;
}

/**
 * A Go plugin forgets an announcement that it has not dialled after 5 s (go-plugin: grpc_broker.go, timeoutWait).
 * Announcing again after that keeps an offer open for as long as it stands.
 */
const announceAgainMs = 5_100;

export class SocketBroker implements Broker {
  readonly #side: BrokerSide;
  readonly #announcements: Announcements;
  readonly #open = new Set<{ close(): Promise<void> }>();
  #lastId = 0;

  constructor(side: BrokerSide, send: (info: ConnInfo) => void) {
    this.#side = side;
    this.#announcements = new Announcements(send);
  }

  async serve(
    what: Servable,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<BrokeredServer> {
    signal?.throwIfAborted();
    this.#announcements.throwIfClosed();
    const server = new ConnectionServer([what], this.#side.tls);
    const id = this.#nextId();
    const path = join(this.#side.socketDirectory(), `b${id}-${randomBytes(4).toString('hex')}`);
    let offer: Offer | undefined;
    const listener = await listenOnUnixSocket(path, (socket) => {
      offer?.taken();
      server.serve(socket);
    });
    try {
      const address = await this.#side.share(path);
      signal?.throwIfAborted();
      offer = new Offer(id, server, listener, this.#open, () => {
        this.#announcements.send({ serviceId: id, ...address });
      });
      return offer;
    } catch (error) {
      listener.close();
      server.close();
      throw error;
    }
  }

  async dial(
    id: number,
    options: { signal?: AbortSignal | undefined; timeoutMs?: number | undefined } = {},
  ): Promise<BrokeredConnection> {
    const { network, address } = await this.#announcements.take(id, options);
    const reached = this.#side.reach(checkAddress(id, network, address));
    return new Connection(
      id,
      openChannel(reached, this.#side.tls),
      (failure, method) => this.#side.explain(failure, method),
      this.#open,
    );
  }

  receive(info: ConnInfo): void {
    this.#announcements.receive(info);
  }

  /** Ends every offer and connection, and lets every dial fail. */
  async close(because: string): Promise<void> {
    this.#announcements.close(because);
    await Promise.all([...this.#open].map((each) => each.close()));
  }

  #nextId(): number {
    this.#lastId = this.#lastId === 0xffff_ffff ? 1 : this.#lastId + 1;
    return this.#lastId;
  }
}

class Offer implements BrokeredServer {
  readonly id: number;
  readonly #server: ConnectionServer;
  readonly #listener: Listener;
  readonly #open: Set<{ close(): Promise<void> }>;
  readonly #again: NodeJS.Timeout;

  constructor(
    id: number,
    server: ConnectionServer,
    listener: Listener,
    open: Set<{ close(): Promise<void> }>,
    announce: () => void,
  ) {
    this.id = id;
    this.#server = server;
    this.#listener = listener;
    this.#open = open;
    announce();
    this.#again = setInterval(announce, announceAgainMs).unref();
    open.add(this);
  }

  /** The other side has come: it need not be told again. */
  taken(): void {
    clearInterval(this.#again);
  }

  close(): Promise<void> {
    this.taken();
    this.#open.delete(this);
    this.#listener.close();
    this.#server.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

class Connection implements BrokeredConnection {
  readonly id: number;
  readonly client: BrokeredConnection['client'];
  readonly #channel: Client;
  readonly #open: Set<{ close(): Promise<void> }>;
  readonly #inProgress = new Set<{ cancel(): void }>();
  #closed = false;

  constructor(
    id: number,
    channel: Client,
    explain: BrokerSide['explain'],
    open: Set<{ close(): Promise<void> }>,
  ) {
    this.id = id;
    this.#channel = channel;
    this.#open = open;
    this.client = clientMaker({
      channel: () => {
        if (this.#closed) throw this.#closedError();
        return channel;
      },
      inProgress: this.#inProgress,
      explain: (failure, method) =>
        this.#closed ? Promise.resolve(this.#closedError()) : explain(failure, method),
    });
    open.add(this);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#open.delete(this);
    for (const call of this.#inProgress) call.cancel();
    this.#channel.close();
    return Promise.resolve();
  }

  #closedError(): BrokerError {
    return new BrokerError('BROKER_CLOSED', `The brokered connection ${this.id} is closed`, { id: this.id });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkAddress(id: number, network: string, address: string): PluginAddress {
  if ((network === 'unix' || network === 'tcp') && address !== '') return { network, address };
  throw new BrokerError(
    'BROKER_NOT_ANNOUNCED',
    `The other side announced id ${id} at ${JSON.stringify(`${network} ${address}`.slice(0, 200))}, which is no address`,
    { id },
  );
}
