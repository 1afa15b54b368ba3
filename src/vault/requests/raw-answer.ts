/** Answers that are HTTP responses of the plugin's own (Vault: sdk/logical/response.go, http/logical.go). */
import { parseExact } from '../wire/exact-json.ts';
import type { VaultData, VaultRawAnswer } from './response.ts';

const keys = {
  status: 'http_status_code',
  contentType: 'http_content_type',
  body: 'http_raw_body',
  cacheControl: 'http_raw_cache_control',
  pragma: 'http_raw_pragma',
  wwwAuthenticate: 'http_www_authenticate',
} as const;

/** The answer means to be raw and is not. The message says why. */
export class RawAnswerError extends Error {}

/** @returns `undefined` for an answer that is not raw. @throws RawAnswerError */
export function rawAnswer(data: VaultData): VaultRawAnswer | undefined {
  const { [keys.status]: status, [keys.contentType]: contentType } = data;
  if (status === undefined && contentType === undefined) return undefined;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 999)
    throw new RawAnswerError('its HTTP answer has no status code');
  if (typeof contentType !== 'string' && !(status === 204 && contentType === undefined))
    throw new RawAnswerError('its HTTP answer has no content type');
  return {
    status,
    contentType: contentType ?? '',
    body: status === 204 ? Buffer.alloc(0) : bodyOf(data[keys.body]),
    cacheControl: optionalText(data, keys.cacheControl),
    pragma: optionalText(data, keys.pragma),
    wwwAuthenticate: optionalText(data, keys.wwwAuthenticate),
  };
}

/** The data and warnings of a raw answer whose body is an answer of Vault's in JSON; else none. */
export function answerInBody({ contentType, body }: VaultRawAnswer): {
  readonly data: VaultData;
  readonly warnings: readonly string[];
} {
  let parsed: unknown;
  try {
    parsed = /^application\/json\b/i.test(contentType) ? parseExact(body.toString('utf8')) : undefined;
  } catch {
    // It is the plugin's affair what it calls JSON.
  }
  const { data, warnings } = isObject(parsed) ? parsed : {};
  return {
    data: isObject(data) ? data : {},
    warnings: Array.isArray(warnings) ? warnings.filter((each) => typeof each === 'string') : [],
  };
}

function bodyOf(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body !== 'string') throw new RawAnswerError('the body of its HTTP answer is no text');
  // A plugin's bytes come as base64. A text that happens to be base64 can't be told from it, as in Vault.
  const packed = body.replace(/[\r\n]/g, '');
  const isBase64 = packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
  return Buffer.from(isBase64 ? packed : body, isBase64 ? 'base64' : 'utf8');
}

function optionalText(data: VaultData, key: string): string | undefined {
  const value = data[key];
  return typeof value === 'string' ? value : undefined; // anything else is passed over, as in Vault
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
