/**
 * A gRPC channel over any stream of bytes: a socket, or a stream inside another connection, which the channels of
 * `@grpc/grpc-js` do not accept. The clients of `@grpc/grpc-js` work with it as with their own channels.
 */
import { connectivityState, type ChannelInterface } from '@grpc/grpc-js';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { limits, messageLimit } from '../limits.ts';
import { certificateName, type MutualTls } from '../tls/identity.ts';
import { HeldBytes } from './held-bytes.ts';
import { Http2Call, type CallCarrier } from './http2-call.ts';
import { LimitExceeded } from './limit-error.ts';
import { secured } from './tls-connection.ts';
import { messageOf } from '../../thrown-value.ts';

/** Makes the connection. Rejects when no connection can be made, or when `signal` aborts. */
export type Connect = (signal: AbortSignal) => Promise<Duplex>;

/**
 * - idle: not connected, and nobody has asked for it
 * - connecting: `waiting` are told when there is a session, or that there is none
 * - connected: calls can be sent; `ready` once the other side has answered as an HTTP/2 server
 * - closed: for good
 */
type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly waiting: Waiting[]; readonly stop: AbortController }
  | {
      readonly kind: 'connected';
      readonly session: ClientHttp2Session;
      readonly raw: Duplex;
      ready: boolean;
    }
  | { readonly kind: 'closed' };

interface Waiting {
  ready(session: ClientHttp2Session): void;
  failed(why: string): void;
}

/**
 * Bytes that the other side may send on a connection before Node.js gives credit back, which it does as they arrive.
 */
const connectionWindowBytes = 1024 * 1024;
const sessionOptions = {
  settings: {
    initialWindowSize: limits.streamWindowBytes.value,
    maxHeaderListSize: limits.headerBytes.value,
    enablePush: false,
  },
  maxHeaderListPairs: limits.headerFields.value,
  maxSettings: limits.settingsEntries.value,
  maxSessionInvalidFrames: limits.invalidFrames.value,
  // It counts what this side sends, which may be of any size; the windows bound what is under way.
  maxSessionMemory: Number.MAX_SAFE_INTEGER,
};
/** How long the last frames of a closed channel may take. */
const lastFramesMs = 1_000;

export class Http2Channel implements ChannelInterface, CallCarrier {
  readonly peer: string;
  readonly #connect: Connect;
  readonly #tls: MutualTls | undefined;
  readonly #losses = new WeakMap<ClientHttp2Session, string>();
  readonly #watchers = new Set<() => void>();
  #state: State = { kind: 'idle' };
  readonly #connections = new Set<Duplex>();
  readonly held: HeldBytes;
  readonly #maxMessageBytes: number;
  #calls = 0;
  #lastFailure = '';

  constructor(
    peer: string,
    connect: Connect,
    tls: MutualTls | undefined,
    maxMessageBytes: number = limits.maxMessageBytes.value,
  ) {
    this.peer = peer;
    this.#connect = connect;
    this.#tls = tls;
    this.#maxMessageBytes = maxMessageBytes;
    this.held = new HeldBytes(maxMessageBytes);
  }

  /** Connects if need be. Resolves when the other side has accepted the connection. @throws Error with the transport's text */
  async ready(): Promise<void> {
    for (;;) {
      const state = this.getConnectivityState(true);
      if (state === connectivityState.READY) return;
      if (state === connectivityState.SHUTDOWN) throw new Error('the connection was closed');
      await this.#change();
      if (this.#state.kind === 'idle') throw new Error(this.#lastFailure);
    }
  }

  createCall(path: string, deadline: Date | number): Http2Call {
    return new Http2Call(this, path, deadline, messageLimit(path, this.#maxMessageBytes));
  }

  enter(): void {
    if (this.#calls >= limits.callsInProgress.value) {
      throw new LimitExceeded('callsInProgress', `${this.#calls} calls are in progress`);
    }
    this.#calls += 1;
  }

  leave(): void {
    this.#calls -= 1;
  }

  session(ready: (session: ClientHttp2Session) => void, failed: (why: string) => void): void {
    if (this.#state.kind === 'idle') this.#begin();
    const state = this.#state;
    if (state.kind === 'connected') ready(state.session);
    else if (state.kind === 'connecting') state.waiting.push({ ready, failed });
    else failed('the connection was closed');
  }

  lossOf(session: ClientHttp2Session): string {
    return this.#losses.get(session) ?? 'the connection was lost';
  }

  getConnectivityState(tryToConnect: boolean): connectivityState {
    if (tryToConnect && this.#state.kind === 'idle') this.#begin();
    switch (this.#state.kind) {
      case 'idle':
        return connectivityState.IDLE;
      case 'connecting':
        return connectivityState.CONNECTING;
      case 'connected':
        return this.#state.ready ? connectivityState.READY : connectivityState.CONNECTING;
      case 'closed':
        return connectivityState.SHUTDOWN;
    }
  }

  watchConnectivityState(
    current: connectivityState,
    deadline: Date | number,
    callback: (error?: Error) => void,
  ): void {
    const left = Number(deadline) - Date.now();
    const timer = Number.isFinite(left)
      ? setTimeout(() => {
          this.#watchers.delete(changed);
          callback(new Error('the state did not change in time'));
        }, left)
      : undefined;
    const changed = (): void => {
      if (this.getConnectivityState(false) === current) return;
      clearTimeout(timer);
      this.#watchers.delete(changed);
      callback();
    };
    this.#watchers.add(changed);
    setImmediate(changed);
  }

  /** Ends the connection once the calls in progress have ended. Idempotent. */
  close(): void {
    const state = this.#state;
    this.#to({ kind: 'closed' });
    if (state.kind === 'connecting') {
      state.stop.abort(new Error('the connection was closed'));
      for (const each of state.waiting) each.failed('the connection was closed');
    }
    if (state.kind !== 'connected' || state.session.destroyed) {
      // After a failure the connection is destroyed at once: the other side might never close its end.
      for (const connection of this.#connections) connection.destroy();
      return;
    }
    const { session, raw } = state;
    session.close();
    const timer = setTimeout(() => {
      session.destroy();
      raw.destroy();
    }, lastFramesMs).unref();
    raw.once('close', () => {
      clearTimeout(timer);
    });
  }

  getTarget(): string {
    return this.peer;
  }

  getChannelzRef(): ReturnType<ChannelInterface['getChannelzRef']> {
    throw new Error('this channel keeps no statistics');
  }

  #begin(): void {
    const stop = new AbortController();
    const connecting: State & { kind: 'connecting' } = { kind: 'connecting', waiting: [], stop };
    this.#to(connecting);
    this.#connect(stop.signal).then(
      (raw) => {
        if (this.#state === connecting) this.#converse(raw, connecting.waiting);
        else raw.destroy();
      },
      (error: unknown) => {
        if (this.#state === connecting) this.#failed(textOf(error), connecting.waiting);
      },
    );
  }

  /** Begins to send calls at once: the other side need not introduce itself first. */
  #converse(raw: Duplex, waiting: readonly Waiting[]): void {
    raw.on('error', () => undefined); // the session reports the error too
    this.#connections.add(raw);
    raw.once('close', () => this.#connections.delete(raw));
    const secure = this.#tls ? secured(raw, this.#tls) : undefined;
    const session = connectHttp2(`${secure ? 'https' : 'http'}://${certificateName}`, {
      createConnection: () => secure ?? raw,
      // The types of Node.js declare one of these options for servers only.
      ...(sessionOptions as Omit<typeof sessionOptions, 'maxSessionInvalidFrames'>),
    });
    const connecting = this.#state;
    const state: State & { kind: 'connected' } = { kind: 'connected', session, raw, ready: false };
    session.once('connect', () => {
      if (session.destroyed) return;
      session.setLocalWindowSize(connectionWindowBytes);
      if (this.#state === connecting) {
        this.#to(state);
        for (const each of waiting) each.ready(session);
      }
    });
    session.once('remoteSettings', () => {
      state.ready = true;
      this.#tell();
    });
    session.on('error', (error) => {
      this.#losses.set(session, textOf(error));
    });
    const leave = (): void => {
      if (this.#state === state) this.#failed(this.lossOf(session), []);
      else if (this.#state === connecting) this.#failed(this.lossOf(session), waiting);
    };
    session.once('goaway', leave); // open calls may end; new ones need another connection
    session.once('close', leave);
  }

  #failed(why: string, waiting: readonly Waiting[]): void {
    this.#lastFailure = why;
    this.#to({ kind: 'idle' });
    for (const each of waiting) each.failed(why);
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

function textOf(error: unknown): string {
  return messageOf(error);
}
