import type { z } from 'zod';
import { compareVersions } from './api-version.ts';
import type { CallOptions } from './call-options.ts';
import { errorFromAnswer } from './error-from-answer.ts';
import { EngineProtocolError, UnsupportedByEngineError } from './errors.ts';
import { encodeQuery, type Query } from './transport/query.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport/transport.ts';
import type { UpgradedConnection } from './transport/upgrade.ts';
import type { WholeAnswer } from './transport/whole-answer.ts';

/** Identity of the engine at the other end of the connection. */
export interface EngineIdentity {
  readonly kind: 'docker' | 'podman';
  readonly version: string;
  readonly apiVersion: string;
  /** Whether DOCKER_API_VERSION fixed it, so that nothing was agreed on. */
  readonly versionIsFixed: boolean;
  readonly rootless: boolean;
  /** Podman only: name or path of the runtime that its service runs. */
  readonly serviceRuntime: string | undefined;
  /** Limits that the engine really applies to containers. */
  readonly enforces: { readonly memory: boolean; readonly cpu: boolean; readonly pids: boolean };
}

/** One call of the Engine API. */
export interface Call extends CallOptions {
  /** Purpose of the call, worded to continue "can't ...": `inspect container web`. */
  readonly doing: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path without the version prefix, percent-encoded. */
  readonly path: string;
  /** Sends the call to Podman's own API instead of the Docker-compatible one. */
  readonly libpod?: boolean | undefined;
  readonly query?: Query | undefined;
  /** Body that is sent as JSON. */
  readonly json?: unknown;
  readonly bytes?: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  readonly headers?: Record<string, string> | undefined;
  /** Statuses beside 2xx that count as an answer and not as an error. */
  readonly accept?: readonly number[] | undefined;
  /** What to do about an error, by its code. */
  readonly hints?: Readonly<Record<string, string>> | undefined;
  /** Most bytes that are read of an answer taken as a whole, where this is less than the general limit. */
  readonly longestAnswer?: number | undefined;
  /** Gives the call a connection of its own and these limits, in milliseconds. Used for calls that last. */
  readonly lasting?: { readonly headersMs: number; readonly bodyMs: number } | undefined;
}

/**
 * Limit for answers that are read as a whole. No engine's answer comes near it; it protects against a peer that never
 * stops.
 */
const longestAnswer = 256 * 1024 * 1024;
const longestErrorText = 64 * 1024;

/** The version prefix for libpod: the oldest, which every Podman from 4 on takes. */
const libpodPrefix = '/v4.0.0/libpod';

/**
 * Makes calls of the Engine API over a transport, in the agreed version: builds requests and tells errors from answers.
 */
export class EngineClient {
  readonly transport: Transport;
  readonly identity: EngineIdentity;

  constructor(transport: Transport, identity: EngineIdentity) {
    this.transport = transport;
    this.identity = identity;
  }

  get isPodman(): boolean {
    return this.identity.kind === 'podman';
  }

  /** Makes the call and reads the answer as JSON. An empty answer is `undefined`. */
  async call(call: Call): Promise<{ status: number; body: unknown }> {
    const { status, text } = await this.callText(call);
    if (text === '') return { status, body: undefined };
    try {
      return { status, body: JSON.parse(text) as unknown };
    } catch (cause) {
      throw new EngineProtocolError(`can't ${call.doing}: the engine's answer is not JSON`, {
        cause,
        status,
        ...this.#context(call),
      });
    }
  }

  /** Makes the call and checks the answer against its schema. */
  async fetch<T>(schema: z.ZodType<T>, call: Call): Promise<T> {
    const { body, status } = await this.call(call);
    return this.parse(schema, body, call, status);
  }

  async callText(call: Call): Promise<WholeAnswer> {
    const most = call.longestAnswer ?? longestAnswer;
    const answer = await this.transport.sendForText(this.#request(call), (status) =>
      isAnswer(status, call) ? most : longestErrorText,
    );
    if (isAnswer(answer.status, call)) {
      // Every character is a byte at least, so a longer text was cut.
      if (answer.text.length < most || Buffer.byteLength(answer.text) <= most) return answer;
      throw new EngineProtocolError(
        `can't ${call.doing}: the engine's answer is longer than the ${most} bytes that are read at most`,
        { status: answer.status, ...this.#context(call) },
      );
    }
    throw this.#refusal(call, answer.status, answer.text);
  }

  /** Makes the call and returns the head and the unread body of an answer that is not an error. */
  async open(call: Call): Promise<TransportResponse> {
    const response = await this.transport.send(this.#request(call));
    if (isAnswer(response.status, call)) return response;
    throw this.#refusal(call, response.status, await this.#readErrorText(response.body, call));
  }

  /** Makes the call and takes the connection over, for traffic in both directions. */
  async upgrade(call: Call): Promise<UpgradedConnection> {
    const result = await this.transport.upgrade(this.#request(call));
    if ('socket' in result) return result;
    throw this.#refusal(call, result.status, result.text);
  }

  parse<T>(schema: z.ZodType<T>, body: unknown, call: Call, status?: number): T {
    const result = schema.safeParse(body);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    const where = issue?.path.map(String).join('.');
    throw new EngineProtocolError(
      `can't ${call.doing}: the engine's answer does not have the form that its API describes: ${where === '' || where === undefined ? 'answer' : where}: ${issue?.message ?? 'wrong'}`,
      { cause: result.error, status, ...this.#context(call) },
    );
  }

  /** Refuses what the agreed API version does not support, before anything is sent. */
  requireApiVersion(needed: string, what: string): void {
    if (compareVersions(this.identity.apiVersion, needed) >= 0) return;
    throw new UnsupportedByEngineError(
      `${what} needs API version ${needed}; this client and ${this.#name()} agreed on ${this.identity.apiVersion}`,
      { socketPath: this.transport.socketPath, hint: 'Leave it out, or update the engine.' },
    );
  }

  /** Refuses what this kind of engine can't do, before anything is sent. */
  refuse(what: string, hint?: string): never {
    throw new UnsupportedByEngineError(`${this.#name()} ${what}`, {
      socketPath: this.transport.socketPath,
      hint,
    });
  }

  /**
   * Limits for a call that the engine answers when a container has ended. The container's own time to end is not known
   * here.
   */
  lastingFor(timeoutSeconds: number | undefined): { headersMs: number; bodyMs: number } {
    const { headersMs, bodyMs } = this.transport.limits;
    const known = timeoutSeconds !== undefined && headersMs !== 0;
    return { headersMs: known ? headersMs + timeoutSeconds * 1000 : 0, bodyMs };
  }

  async #readErrorText(body: TransportResponse['body'], call: Call): Promise<string> {
    const pieces: Buffer[] = [];
    let length = 0;
    try {
      for await (const piece of body as AsyncIterable<Buffer>) {
        length += piece.length;
        if (length > longestErrorText) break; // leaving the loop closes the connection
        pieces.push(piece);
      }
    } catch (error) {
      throw await this.transport.explain(error, this.#request(call));
    }
    return Buffer.concat(pieces).toString('utf8');
  }

  #request(call: Call): TransportRequest {
    const prefix = call.libpod === true ? libpodPrefix : `/v${this.identity.apiVersion}`;
    const { headersMs, bodyMs } = call.lasting ?? this.transport.limits;
    return {
      method: call.method,
      target: `${prefix}${call.path}${encodeQuery(call.query)}`,
      headers: { ...(call.json !== undefined && { 'content-type': 'application/json' }), ...call.headers },
      body: call.json === undefined ? call.bytes : JSON.stringify(call.json),
      signal: call.signal,
      headersMs,
      bodyMs,
      ownConnection: call.lasting !== undefined,
    };
  }

  #refusal(call: Call, status: number, text: string) {
    const { apiVersion, versionIsFixed } = this.identity;
    return errorFromAnswer(status, text, {
      doing: call.doing,
      hints: call.hints,
      spoken: { apiVersion, fixed: versionIsFixed },
      ...this.#context(call),
    });
  }

  #context(call: Call) {
    return { method: call.method, path: call.path, socketPath: this.transport.socketPath };
  }

  #name(): string {
    return `${this.identity.kind === 'docker' ? 'Docker' : 'Podman'} ${this.identity.version}`;
  }
}

/** Whether a status is an answer to the call, and not an error. */
function isAnswer(status: number, call: Call): boolean {
  return (status >= 200 && status < 300) || call.accept?.includes(status) === true;
}
