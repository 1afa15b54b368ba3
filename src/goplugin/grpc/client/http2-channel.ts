/**
 * A gRPC channel over any stream of bytes: a socket, or a stream inside another connection. It connects with its first
 * call, and again with the next one after the connection was lost.
 */
import type { Duplex } from 'node:stream';
import { Http2Connection } from '../../http2/connection.ts';
import { errorCode } from '../../http2/protocol.ts';
import { limits, messageLimit } from '../../limits.ts';
import { certificateName, type MutualTls } from '../../tls/identity.ts';
import { connectionLimits } from '../connection/connection-limits.ts';
import { HeldBytes } from '../held-bytes.ts';
import { Http2Call, type CallCarrier, type CallListener } from './http2-call.ts';
import { LimitExceeded } from '../limit-error.ts';
import { RequestHeaders } from './request-headers.ts';
import { secured } from '../connection/tls-connection.ts';
import { messageOf } from '../../../thrown-value.ts';

/** Makes the connection. Rejects when no connection can be made, or when `signal` aborts. */
export type Connect = (signal: AbortSignal) => Promise<Duplex>;

/**
 * - idle: not connected, and nobody has asked for it
 * - connecting: calls wait
 * - connected: calls can be sent; `ready` once the other side has answered as an HTTP/2 server
 * - closed: for good
 */
type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly stop: AbortController }
  | {
      readonly kind: 'connected';
      readonly connection: Http2Connection;
      readonly raw: Duplex;
      ready: boolean;
    }
  | { readonly kind: 'closed' };

type Connected = State & { readonly kind: 'connected' };

/** How long the last frames of a closed channel may take. */
const lastFramesMs = 1_000;
const closed = 'the connection was closed';

export class Http2Channel implements CallCarrier {
  readonly held: HeldBytes;
  readonly #connect: Connect;
  readonly #connectsSecurely: boolean;
  readonly #tls: MutualTls | undefined;
  readonly #headers: RequestHeaders;
  readonly #maxMessageBytes: number;
  #state: State = { kind: 'idle' };
  readonly #sockets = new Set<Duplex>();
  /** Calls that wait for a connection, or for room on it. */
  readonly #waiting = new Set<Http2Call>();
  readonly #watchers = new Set<() => void>();
  #calls = 0;
  #lastFailure = '';

  /** @param connectsSecurely whether `connect` begins TLS itself */
  constructor(
    connect: Connect,
    tls: MutualTls | undefined,
    maxMessageBytes: number = limits.maxMessageBytes.value,
    connectsSecurely = false,
  ) {
    this.#connect = connect;
    this.#connectsSecurely = connectsSecurely;
    this.#tls = tls;
    this.#headers = new RequestHeaders(tls ? 'https' : 'http', certificateName);
    this.#maxMessageBytes = maxMessageBytes;
    this.held = new HeldBytes(maxMessageBytes);
  }

  /** True while calls can be sent to a side that has answered. */
  get isReady(): boolean {
    return this.#state.kind === 'connected' && this.#state.ready;
  }

  /** Connects if need be. Resolves when the other side has accepted the connection. @throws Error with the transport's text */
  async ready(): Promise<void> {
    for (;;) {
      this.connect();
      if (this.isReady) return;
      if (this.#state.kind === 'closed') throw new Error(closed);
      await this.#change();
      if (this.#state.kind === 'idle') throw new Error(this.#lastFailure);
    }
  }

  /** Begins to connect, unless that has been done. */
  connect(): void {
    if (this.#state.kind === 'idle') this.#begin();
  }

  /** Resolves when the connection is not ready any more. */
  async unready(): Promise<void> {
    while (this.isReady) await this.#change();
  }

  /** Makes a call, which begins with its `start`. @param deadline `Infinity` for none */
  call(path: string, deadline: number, listener: CallListener): Http2Call {
    return new Http2Call(
      this,
      path,
      { deadline, limit: messageLimit(path, this.#maxMessageBytes) },
      listener,
    );
  }

  /** Ends the connection once the calls in progress have ended. Idempotent. */
  close(): void {
    const state = this.#state;
    this.#to({ kind: 'closed' });
    if (state.kind === 'connecting') state.stop.abort(new Error(closed));
    this.#refuseWaiting(closed);
    if (state.kind !== 'connected') {
      // After a failure the connection is destroyed at once: the other side might never close its end.
      for (const socket of this.#sockets) socket.destroy();
      return;
    }
    const { connection, raw } = state;
    connection.close();
    const timer = setTimeout(() => {
      connection.destroy(closed);
      raw.destroy();
    }, lastFramesMs).unref();
    raw.once('close', () => {
      clearTimeout(timer);
    });
  }

  // --- for calls

  enter(): void {
    if (this.#calls >= limits.callsInProgress.value) {
      throw new LimitExceeded('callsInProgress', `${this.#calls} calls are in progress`);
    }
    this.#calls += 1;
  }

  leave(call: Http2Call): void {
    this.#calls -= 1;
    this.#waiting.delete(call);
  }

  carry(call: Http2Call): void {
    this.connect();
    const state = this.#state;
    if (state.kind === 'closed') call.refuse(closed);
    else if (state.kind === 'connected' && this.#waiting.size === 0 && state.connection.hasRoom) {
      this.#open(call, state.connection);
    } else this.#waiting.add(call);
  }

  #open(call: Http2Call, connection: Http2Connection): void {
    const stream = connection.open(call);
    call.open(stream, this.#headers, connection.encoder);
  }

  #openWaiting(connection: Http2Connection): void {
    for (const call of this.#waiting) {
      if (!connection.hasRoom) return;
      this.#waiting.delete(call);
      this.#open(call, connection);
    }
  }

  #refuseWaiting(why: string): void {
    for (const call of [...this.#waiting]) call.refuse(why);
  }

  // --- the connection

  #begin(): void {
    const stop = new AbortController();
    const connecting: State = { kind: 'connecting', stop };
    this.#to(connecting);
    this.#connect(stop.signal).then(
      (raw) => {
        if (this.#state === connecting) this.#secure(raw, connecting);
        else raw.destroy();
      },
      (error: unknown) => {
        this.#failed(connecting, messageOf(error));
      },
    );
  }

  /** Nothing is sent before the other side has proved who it is. */
  #secure(raw: Duplex, connecting: State): void {
    raw.on('error', () => undefined); // whatever reads from it reports the error too
    this.#sockets.add(raw);
    raw.once('close', () => this.#sockets.delete(raw));
    if (!this.#tls || this.#connectsSecurely) {
      this.#converse(raw, raw, connecting);
      return;
    }
    const secure = secured(raw, this.#tls);
    const failed = (why: string): void => {
      this.#failed(connecting, why);
      raw.destroy();
    };
    const onError = (error: Error): void => {
      failed(error.message);
    };
    const onClose = (): void => {
      failed('the connection was lost');
    };
    secure.once('error', onError).once('close', onClose);
    secure.once('secureConnect', () => {
      if (this.#state !== connecting) {
        raw.destroy();
        return;
      }
      secure.off('close', onClose);
      this.#converse(secure, raw, connecting);
      secure.off('error', onError);
    });
  }

  /** Begins to send calls at once: the other side need not introduce itself first. */
  #converse(socket: Duplex, raw: Duplex, connecting: State): void {
    if (socket.destroyed) {
      this.#failed(connecting, 'the connection was lost');
      return;
    }
    const connection = new Http2Connection(socket, 'client', connectionLimits, {
      ready: () => {
        state.ready = true;
        this.#tell();
      },
      roomForStreams: () => {
        if (this.#state === state) this.#openWaiting(connection);
      },
      goingAway: () => {
        if (this.#state !== state) return;
        // Open calls may end; new ones need another connection.
        this.#lastFailure = 'the other side ends the connection';
        this.#to({ kind: 'idle' });
        if (this.#waiting.size > 0) this.#begin();
        connection.close();
      },
      closed: (why) => {
        raw.destroy();
        this.#failed(state, why);
      },
      accept: () => errorCode.refusedStream, // a client is never asked
    });
    const state: Connected = { kind: 'connected', connection, raw, ready: false };
    this.#to(state);
    this.#openWaiting(connection);
  }

  #failed(from: State, why: string): void {
    if (this.#state !== from) return;
    this.#lastFailure = why;
    this.#to({ kind: 'idle' });
    this.#refuseWaiting(why);
  }

  #to(state: State): void {
    if (this.#state.kind === 'closed') return;
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    for (const changed of [...this.#watchers]) changed();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const changed = (): void => {
        this.#watchers.delete(changed);
        resolve();
      };
      this.#watchers.add(changed);
    });
  }
}
