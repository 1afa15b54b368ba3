/**
 * The public shape of go-plugin's broker: further gRPC connections between host and plugin, in both directions.
 *
 * The side that serves takes an id and sends it to the other side in a call of the application; the other side dials
 * it.
 */
import type { Server } from '@grpc/grpc-js';
import type { ClientMaker, ServedService } from '../service.ts';
import type { ConnInfo } from '../wire/messages.ts';

/** What is served: services with promise implementations, or a function that fills a `@grpc/grpc-js` server. */
export type Servable = readonly ServedService[] | ((server: Server) => void);

/** A service that is offered to the other side. */
export interface BrokeredServer extends AsyncDisposable {
  /** Id to send to the other side, which dials it. */
  readonly id: number;
  /** Ends the calls in progress and stops serving. Idempotent. */
  close(): Promise<void>;
}

/** A connection to a service that the other side offered. */
export interface BrokeredConnection extends AsyncDisposable {
  readonly id: number;
  readonly client: ClientMaker;
  /** Ends the calls in progress and closes the connection. Idempotent. */
  close(): Promise<void>;
}

export interface Broker {
  /**
   * Serves to the other side, and returns the offer with the id to send. The offer stays open until it is closed or the
   * plugin ends.
   *
   * @throws BrokerError when the broker is closed or no socket can be made. After an abort nothing is served.
   */
  serve(what: Servable, options?: { signal?: AbortSignal | undefined }): Promise<BrokeredServer>;
  /**
   * Connects to what the other side serves under `id`.
   *
   * @throws BrokerError when nothing was announced under that id within `timeoutMs` (default 5000, as in Go). With
   *   multiplexing, dials take turns, and the time begins with this one's turn. Abort ends the waiting; the
   *   announcement is kept for a later dial.
   */
  dial(
    id: number,
    options?: { signal?: AbortSignal | undefined; timeoutMs?: number | undefined },
  ): Promise<BrokeredConnection>;
}

/** One side's broker, as the code that carries its messages sees it. */
export interface BrokerEnd extends Broker {
  /** Takes a message of the other side. */
  receive(info: ConnInfo): void;
  /** Ends every offer and connection, and makes every dial fail. Idempotent. */
  close(because: string): Promise<void>;
}
