/**
 * The broker without multiplexing: every offer has a unix socket of its own, which is announced on the broker's stream.
 */
import type { AbortOption } from '../../abort.ts';
import { checkDial, checkOffer } from './broker-options.ts';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { BrokerError } from '../errors.ts';
import type { CallFailure } from '../grpc/client/call-end.ts';
import { openChannel } from '../grpc/client/channel.ts';
import { Intake } from '../grpc/server/intake.ts';
import { ConnectionServer } from '../grpc/server/server.ts';
import type { MakeSocket, PluginAddress } from '../runner.ts';
import type { MutualTls } from '../tls/identity.ts';
import type { ConnInfo } from '../wire/messages.ts';
import { Announcements } from './announcements.ts';
import type { BrokeredConnection, BrokeredServer, BrokerEnd, Servable } from './broker.ts';
import { Connection, type OpenSet } from './brokered-connection.ts';
import { Ids } from './ids.ts';
import { listenOnUnixSocket, type Listener } from './unix-listener.ts';

/** What differs between the broker of a host and that of a plugin. */
export interface BrokerSide {
  readonly tls: MutualTls | undefined;
  /** The longest message of the application, in bytes. Default: the limit of `limits.ts`. */
  readonly maxMessageBytes?: number | undefined;
  /** Returns the directory in which this side makes its sockets. Throws when there is none. */
  socketDirectory(): string;
  /** Lets the other side connect to the socket at `path`, and returns the address to announce. */
  share(path: string): Promise<PluginAddress>;
  /** See `PluginRunner.makeSocket`. */
  readonly makeSocket?: MakeSocket | undefined;
  /** Undoes `share`, once nothing listens there any more. Absent: closing the listener is enough. */
  withdraw?(path: string): void;
  /** Turns an address that the other side announced into one that this side can connect to. */
  reach(address: PluginAddress): PluginAddress;
  /** Turns a failed call on a brokered connection into the error to throw. */
  explain(failure: CallFailure, method: string): Promise<Error>;
}

/**
 * A Go plugin forgets an announcement that it has not dialled after 5 s (go-plugin: grpc_broker.go, timeoutWait).
 * Announcing again after that keeps an offer open for as long as it stands.
 */
const announceAgainMs = 5_100;

export class SocketBroker implements BrokerEnd {
  readonly #side: BrokerSide;
  readonly #announcements: Announcements;
  readonly #ids = new Ids();
  readonly #open: OpenSet = new Set();
  readonly #intake: Intake;

  constructor(side: BrokerSide, send: (info: ConnInfo) => void) {
    this.#side = side;
    this.#intake = new Intake(side.maxMessageBytes);
    this.#announcements = new Announcements(send);
  }

  async serve(what: Servable, options: AbortOption = {}): Promise<BrokeredServer> {
    checkOffer(what, options);
    const { signal } = options;
    signal?.throwIfAborted();
    this.#announcements.throwIfClosed();
    const server = new ConnectionServer([what], this.#side.tls, this.#intake);
    const id = this.#ids.next();
    const path = join(this.#side.socketDirectory(), `b${id}-${randomBytes(4).toString('hex')}`);
    let offer: Offer | undefined;
    const listening = await listenOnUnixSocket(
      path,
      (socket) => {
        offer?.taken();
        server.serve(socket);
      },
      this.#side.makeSocket,
    );
    const listener: Listener = {
      close: () => {
        listening.close();
        this.#side.withdraw?.(path);
      },
    };
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
    options: AbortOption & { timeoutMs?: number | undefined } = {},
  ): Promise<BrokeredConnection> {
    checkDial(id, options);
    const { network, address } = await this.#announcements.take(id, options);
    const reached = this.#side.reach(checkAddress(id, network, address));
    return new Connection({
      id,
      channel: openChannel(reached, this.#side.tls, this.#side.maxMessageBytes, this.#side.makeSocket),
      open: this.#open,
      explain: (failure, method) => this.#side.explain(failure, method),
    });
  }

  receive(info: ConnInfo): void {
    this.#announcements.receive(info);
  }

  close(because: string): Promise<void> {
    this.#announcements.close(because);
    for (const each of [...this.#open]) each.end();
    return Promise.resolve();
  }
}

class Offer implements BrokeredServer {
  readonly id: number;
  readonly #server: ConnectionServer;
  readonly #listener: Listener;
  readonly #open: OpenSet;
  readonly #again: NodeJS.Timeout;

  constructor(id: number, server: ConnectionServer, listener: Listener, open: OpenSet, announce: () => void) {
    this.id = id;
    this.#server = server;
    this.#listener = listener;
    this.#open = open;
    announce();
    this.#again = setInterval(announce, announceAgainMs).unref();
    open.add(this);
  }

  /** Called when the other side has connected, so that it need not be told again. */
  taken(): void {
    clearInterval(this.#again);
  }

  close(): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  end(): void {
    this.taken();
    this.#open.delete(this);
    this.#listener.close();
    this.#server.close();
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
