/** Sends answers. */
import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { VaultRawAnswer } from '../../vault/index.ts';
import { stringifyExact } from '../../vault/internal.ts';
import { envelope, type Answer } from './answer.ts';
import type { ErrorAnswer } from './error-answer.ts';

/** For every answer. */
export const commonHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** @returns the number of bytes of the body */
export async function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  { id, signal, stillMs }: { readonly id: string; readonly signal: AbortSignal; readonly stillMs: number },
): Promise<number> {
  switch (answer.kind) {
    case 'empty':
      return send(response, 204, answer.headers ?? {}, '');
    case 'data':
      return sendJson(response, answer.status ?? 200, envelope(answer, id), answer.headers);
    case 'json':
      return sendJson(response, answer.status ?? 200, answer.body);
    case 'raw':
      return send(response, answer.status ?? 200, answer.headers, answer.body);
    case 'plugin':
      return sendRaw(response, answer.raw);
    case 'stream':
      return sendPieces(response, answer.headers, answer.body, { signal, stillMs });
  }
}

export function sendError(response: ServerResponse, error: ErrorAnswer, id: string): number {
  const { status, texts, code, mayRepeat, headers, raw } = error;
  if (raw !== undefined) return sendRaw(response, raw);
  const body = { errors: texts, ...(code && { code }), may_repeat: mayRepeat, request_id: id };
  return sendJson(response, status, body, headers);
}

/** An HTTP response of the plugin's own. A browser must not take it for a page of ours. */
export function sendRaw(response: ServerResponse, raw: VaultRawAnswer): number {
  const { status, contentType, body, cacheControl, pragma, wwwAuthenticate } = raw;
  const texts = [contentType, cacheControl, pragma, wwwAuthenticate];
  if (status < 200 || status > 599 || !texts.every((text) => /^[\t\x20-\x7e]*$/.test(text ?? ''))) {
    response.setHeader('X-Vault-Raw-Error', 'the plugin answers with a status or a header that none can be');
    return sendJson(response, 500, { errors: ['the HTTP answer of the plugin is none'], may_repeat: false });
  }
  const headers = {
    ...(contentType !== '' && { 'Content-Type': contentType }),
    ...(cacheControl !== undefined && { 'Cache-Control': cacheControl }),
    ...(pragma !== undefined && { Pragma: pragma }),
    ...(wwwAuthenticate !== undefined && { 'WWW-Authenticate': wwwAuthenticate }),
    'Content-Security-Policy': "sandbox; default-src 'none'",
  };
  return send(response, status, headers, body);
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Headers = {}): number {
  const text = `${stringifyExact(body) ?? 'null'}\n`;
  return send(response, status, { 'Content-Type': 'application/json', ...headers }, text);
}

function send(response: ServerResponse, status: number, headers: Headers, body: string | Uint8Array): number {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const isBare = status === 204 || status === 304;
  if (!isBare) response.setHeader('Content-Length', bytes.length);
  response.writeHead(status);
  response.end(isBare ? undefined : bytes);
  return isBare ? 0 : bytes.length;
}

async function sendPieces(
  response: ServerResponse,
  headers: Headers,
  pieces: AsyncIterable<string | Uint8Array>,
  { signal, stillMs }: { readonly signal: AbortSignal; readonly stillMs: number },
): Promise<number> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(200);
  response.flushHeaders();
  let sent = 0;
  try {
    for await (const piece of pieces) {
      sent += piece.length;
      if (!response.write(piece)) await drained(response, { signal, stillMs });
      if (signal.aborted) break;
    }
  } catch (error) {
    if (!signal.aborted) response.destroy(error as Error);
  }
  response.end();
  return sent;
}

/** Resolves when the reader has taken what waits. One that does not take it in time is disconnected. */
async function drained(
  response: ServerResponse,
  { signal, stillMs }: { readonly signal: AbortSignal; readonly stillMs: number },
): Promise<void> {
  const late = setTimeout(() => response.destroy(), stillMs);
  try {
    await once(response, 'drain', { signal });
  } finally {
    clearTimeout(late);
  }
}
