import { raiseListenerLimit } from '../../abort.ts';
import type { TimeLimits } from './time-limits.ts';
import { EngineClosedError } from '../errors.ts';
import { describeFailure } from './describe-failure.ts';
import { makePool, requestOver, type Dispatcher, type Pool } from './pool.ts';
import { upgradeConnection, type UpgradedConnection } from './upgrade.ts';
import { receiveWhole, type WholeAnswer } from './whole-answer.ts';

/** How many short calls are in progress at once; further ones wait for their turn. */
const shortCallConnections = 16;

/** One HTTP request, as it goes over the wire. */
export interface TransportRequest {
  readonly method: Dispatcher.HttpMethod;
  /** Path and query, encoded. */
  readonly target: string;
  readonly headers?: Record<string, string> | undefined;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the head of the answer; 0 is none. */
  readonly headersMs: number;
  /** Milliseconds between two pieces of the answer; 0 is none. */
  readonly bodyMs: number;
  /** Takes a connection of its own instead of one of those that short calls share. */
  readonly ownConnection: boolean;
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Dispatcher.ResponseData['body'];
}

/**
 * HTTP over one unix socket.
 *
 * Short calls share a few kept-alive connections; every stream and every call that may last has a connection of its
 * own, so that no number of followed logs keeps an inspect waiting. The transport knows nothing of versions and
 * operations.
 */
export class Transport {
  readonly socketPath: string;
  readonly limits: Required<{ [K in keyof TimeLimits]: number }>;
  readonly #shortCalls: Pool;
  readonly #streams: Pool;
  readonly #upgraded = new Set<UpgradedConnection>();
  #closed: Promise<void> | undefined;

  constructor(socketPath: string, limits: Transport['limits']) {
    this.socketPath = socketPath;
    this.limits = limits;
    const common = { socketPath, connectTimeout: limits.connectMs, headersTimeout: 0, bodyTimeout: 0 };
    this.#shortCalls = makePool('http://localhost', { ...common, connections: shortCallConnections });
    this.#streams = makePool('http://localhost', { ...common, connections: null });
  }

  /** Sends a request and resolves with the head of the answer, whatever its status. Throws typed errors only. */
  async send(request: TransportRequest): Promise<TransportResponse> {
    request.signal?.throwIfAborted();
    this.#refuseWhenClosed(request);
    if (request.signal) raiseListenerLimit(request.signal);
    try {
      const { statusCode, headers, body } = await requestOver(this.#pool(request), {
        ...dispatchOptions(request),
        signal: request.signal ?? null,
      });
      return { status: statusCode, headers, body };
    } catch (error) {
      throw await this.explain(error, request);
    }
  }

  /** Sends a request and resolves with the whole answer, cut at `longest(status)` bytes. Throws typed errors only. */
  async sendForText(request: TransportRequest, longest: (status: number) => number): Promise<WholeAnswer> {
    request.signal?.throwIfAborted();
    this.#refuseWhenClosed(request);
    try {
      return await receiveWhole(this.#pool(request), dispatchOptions(request), longest, request.signal);
    } catch (error) {
      throw await this.explain(error, request);
    }
  }

  /** Asks for a connection that both sides write to. Resolves with it, or with the answer when the engine declines. */
  async upgrade(
    request: Pick<TransportRequest, 'method' | 'target' | 'signal' | 'headersMs'>,
  ): Promise<UpgradedConnection | { status: number; text: string }> {
    request.signal?.throwIfAborted();
    this.#refuseWhenClosed(request);
    if (request.signal) raiseListenerLimit(request.signal);
    try {
      const connection = await upgradeConnection(this.socketPath, request);
      if (!('socket' in connection)) return connection;
      this.#refuseWhenClosed(request, () => connection.socket.destroy());
      this.#upgraded.add(connection);
      connection.socket.once('close', () => this.#upgraded.delete(connection));
      return connection;
    } catch (error) {
      throw await this.explain(error, request);
    }
  }

  /** Turns whatever broke a request or its body into the error to throw. The signal's reason takes precedence. */
  async explain(
    error: unknown,
    request: { method: string; target: string; signal?: AbortSignal | undefined },
  ) {
    if (request.signal?.aborted === true) return request.signal.reason as unknown;
    if (this.#closed !== undefined) return closedError(request, this.socketPath);
    return describeFailure(error, { ...request, socketPath: this.socketPath });
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** Ends every request and connection. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      const reason = new EngineClosedError('the engine was closed on this side', {
        socketPath: this.socketPath,
      });
      for (const { socket } of this.#upgraded) socket.destroy(reason);
      await Promise.all([this.#shortCalls.destroy(reason), this.#streams.destroy(reason)]);
    })();
    return this.#closed;
  }

  #pool(request: TransportRequest): Pool {
    return request.ownConnection ? this.#streams : this.#shortCalls;
  }

  #refuseWhenClosed(request: { method: string; target: string }, tidyUp?: () => void): void {
    if (this.#closed === undefined) return;
    tidyUp?.();
    throw closedError(request, this.socketPath);
  }
}

function dispatchOptions(request: TransportRequest): Dispatcher.DispatchOptions {
  return {
    method: request.method,
    path: request.target,
    headers: request.headers ?? null,
    body: (request.body as string | undefined) ?? null, // undici takes async iterables; its types do not say so
    headersTimeout: request.headersMs,
    bodyTimeout: request.bodyMs,
  };
}

function closedError(request: { method: string; target: string }, socketPath: string): EngineClosedError {
  const path = request.target.split('?', 1)[0] ?? '';
  return new EngineClosedError(`${request.method} ${path}: the engine was closed on this side`, {
    method: request.method,
    path,
    socketPath,
  });
}
