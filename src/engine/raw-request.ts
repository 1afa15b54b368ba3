import { z } from 'zod';
import type { CallOptions } from './call-options.ts';
import type { EngineClient } from './client.ts';
import { checkOptions, optionsOf, signalOption } from '../settings/option-check.ts';

/** A request that no operation covers. See `Engine.request`. */
export interface RawRequest extends CallOptions {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path without version prefix, already percent-encoded: `/networks`, or `/libpod/pods/json` on Podman. */
  readonly path: string;
  /**
   * Query of the request. Lists are repeated, objects sent as JSON text, as the API wants its filters; `undefined`
   * values are left out.
   */
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Bytes and streams of bytes are sent as they are, everything else as JSON. */
  readonly body?: unknown;
}

export interface RawResponse {
  readonly status: number;
  /** Headers with names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed JSON where the answer is declared as JSON; text otherwise; `undefined` when it is empty. */
  readonly body: unknown;
}

const schema = optionsOf<RawRequest>()({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']),
  path: z.string().startsWith('/', 'must start with a slash'),
  query: z.record(z.string(), z.unknown()).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  signal: signalOption,
});

/** See `Engine.request`. */
export async function sendRawRequest(client: EngineClient, request: RawRequest): Promise<RawResponse> {
  const { method, path, query, headers, body, signal } = checkOptions('request', schema, request);
  const isBytes =
    body instanceof Uint8Array || (typeof body === 'object' && body !== null && Symbol.asyncIterator in body);
  const call = {
    doing: `${method} ${path}`,
    method,
    path: path.replace(/^\/libpod(?=\/)/, ''),
    libpod: path.startsWith('/libpod/'),
    query,
    headers: { ...headers },
    ...(isBytes ? { bytes: body as Uint8Array | AsyncIterable<Uint8Array> } : { json: body }),
    signal,
  };
  const { status, headers: answered, text } = await client.callText(call);
  const isJson = String(answered['content-type']).startsWith('application/json');
  return {
    status,
    headers: answered,
    body: text === '' ? undefined : isJson ? (JSON.parse(text) as unknown) : text,
  };
}
