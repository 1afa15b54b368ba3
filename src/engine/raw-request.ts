import type { CallOptions } from './call-options.ts';

/** A request that no operation covers. See `Engine.request`. */
export interface RawRequest extends CallOptions {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path without version prefix, already percent-encoded: `/networks`, or `/libpod/pods/json` on Podman. */
  readonly path: string;
  /** Objects are sent as JSON text, as the API wants its filters; `undefined` values are left out. */
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** An object or array is sent as JSON; bytes and streams as they are. */
  readonly body?: unknown;
}

export interface RawResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed JSON where the answer is one JSON value; text otherwise; `undefined` when it is empty. */
  readonly body: unknown;
}
