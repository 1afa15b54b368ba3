/** Reads the answer to a request: a response, an error, both, or nothing (Vault: sdk/logical/response_util.go). */
import { VaultRequestError, type VaultErrorType } from '../errors.ts';
import { parseExact, stringifyExact } from '../wire/exact-json.ts';
import type { WireError, WireReply, WireResponse } from '../wire/messages.ts';
import { toDate, toMilliseconds } from '../wire/time.ts';
import { readLogin } from './login.ts';
import type { VaultOperation } from './operations.ts';
import { answerInBody, isObject, rawAnswer, RawAnswerError } from './raw-answer.ts';
import type { VaultData, VaultRawAnswer, VaultResponse, VaultWrapping } from './response.ts';

export interface Asked {
  readonly operation: VaultOperation;
  readonly path: string;
}

/** Types of errors by their numbers, with the HTTP status and, where the plugin's own text does not count, the text. */
const errorTypes: readonly {
  readonly type: VaultErrorType;
  readonly status: number;
  readonly text?: string;
}[] = [
  { type: 'unknown', status: 500 },
  { type: 'user', status: 500 },
  { type: 'internal', status: 500 },
  { type: 'coded', status: 500 },
  { type: 'bad-request', status: 400 },
  { type: 'unsupported-operation', status: 405, text: 'unsupported operation' },
  { type: 'unsupported-path', status: 404, text: 'unsupported path' },
  { type: 'invalid-request', status: 400, text: 'invalid request' },
  { type: 'permission-denied', status: 403, text: 'permission denied' },
  { type: 'authorization-pending', status: 500, text: 'request needs further approval' },
  { type: 'unrecoverable', status: 500, text: 'unrecoverable error' },
];

/** Types whose status is this one only because no better one is known: with a response it is 400. */
const vague: readonly VaultErrorType[] = [
  'unknown',
  'user',
  'internal',
  'unrecoverable',
  'authorization-pending',
];

/** Types that a plugin's error has when no other one fits. */
const unspecific: readonly VaultErrorType[] = ['unknown', 'user', 'internal'];

/** Errors of Vault's that have no type of their own on the wire, by their whole text (Vault: sdk/logical/error.go). */
const statusByText: ReadonlyMap<string, number> = new Map([
  ['invalid credentials', 400],
  ['relative paths not supported', 400],
  ['functionality on this path has been removed', 404],
  ['required index state not present', 412],
  ['rate limit quota exceeded', 429],
  ['lease count quota exceeded', 429],
  ['upstream rate limited', 502],
]);

/**
 * @param cause of a failure, if one is known
 * @returns `undefined` for no response at all
 * @throws VaultRequestError
 */
export function readReply(asked: Asked, reply: WireReply, cause?: unknown): VaultResponse | undefined {
  const response = reply.response === null ? undefined : readResponse(asked, reply.response);
  const text = response?.raw === undefined ? response && errorText(response.data) : undefined;
  if (reply.err !== null) throw failed(asked, reply.err, { response, text, cause });
  if (text !== undefined)
    throw new VaultRequestError(asked, { status: 400, type: 'response', text, response }, { cause });
  return response;
}

/** @throws VaultRequestError for an HTTP response of the plugin's own whose status says that it failed */
export function refuseRaw(asked: Asked, response: VaultResponse | undefined): void {
  const { raw, warnings = [] } = response ?? {};
  if (raw === undefined || raw.status < 400) return;
  const text = warnings.length > 0 ? warnings.join('; ') : `HTTP status ${raw.status}`;
  throw new VaultRequestError(asked, { status: raw.status, type: 'response', text, response });
}

/** @throws VaultRequestError for an error alone, as the existence check has it */
export function refuseError(asked: Asked, err: WireError | null): void {
  if (err !== null) throw failed(asked, err, {});
}

function failed(
  asked: Asked,
  { err_type, err_code, err_msg }: WireError,
  {
    response,
    text,
    cause,
  }: { response?: VaultResponse | undefined; text?: string | undefined; cause?: unknown },
): VaultRequestError {
  const known = errorTypes[err_type] ?? { type: 'unknown' as const, status: 500 };
  const isVague = vague.includes(known.type) || (known.type === 'coded' && text !== undefined);
  const coded = known.type === 'coded' ? statusOf(err_code) : known.status;
  const meant = unspecific.includes(known.type) ? statusByText.get(err_msg) : undefined;
  const status = meant ?? (response !== undefined && isVague ? 400 : coded);
  const said = text ?? ('text' in known ? known.text : undefined) ?? err_msg;
  return new VaultRequestError(asked, { status, type: known.type, text: said, response }, { cause });
}

/** A status that is no HTTP error would make a failure look like success. */
function statusOf(code: string): number {
  const status = Number(code);
  return status >= 400 && status <= 599 ? status : 500;
}

/** The text of an error response: data with nothing but `error`, and perhaps `data`. */
function errorText(data: VaultData): string | undefined {
  const { error, data: more, ...others } = data;
  if (error === undefined || error === null || Object.keys(others).length > 0) return undefined;
  if (more === null) return undefined;
  return typeof error === 'string' ? error : stringifyExact(error);
}

function readResponse(asked: Asked, response: WireResponse): VaultResponse {
  const { data, raw } = readData(asked, response);
  const inBody = raw && answerInBody(raw);
  const { auth } = response;
  return {
    status: raw?.status ?? 200,
    data: inBody?.data ?? data,
    warnings: [...response.warnings, ...(inBody?.warnings ?? [])],
    lease: undefined,
    login:
      auth === null
        ? undefined
        : readLogin(auth, readObject(asked, auth.internal_data || 'null', 'of the login')),
    wrapping: readWrapping(response.wrap_info),
    raw,
    headers: Object.fromEntries(Object.entries(response.headers).map(([name, { header }]) => [name, header])),
    redirect: response.redirect,
    mountType: response.mount_type,
  };
}

function readData(
  asked: Asked,
  response: WireResponse,
): { readonly data: VaultData; readonly raw: VaultRawAnswer | undefined } {
  const data = readObject(asked, response.data || 'null', 'of the answer');
  try {
    const raw = rawAnswer(data);
    if (raw !== undefined && (response.secret !== null || response.auth !== null))
      throw new RawAnswerError('its HTTP answer has a secret or a login beside it');
    return { data, raw };
  } catch (error) {
    if (!(error instanceof RawAnswerError)) throw error;
    throw brokenAnswer(asked, error.message, error);
  }
}

/** @throws VaultRequestError for what is neither an object of JSON nor null */
export function readObject(asked: Asked, json: string, which: string): VaultData {
  let value: unknown;
  try {
    value = parseExact(json);
  } catch (error) {
    throw brokenAnswer(asked, `the data ${which} are not JSON`, error);
  }
  if (value === null) return {};
  if (!isObject(value)) throw brokenAnswer(asked, `the data ${which} are not an object`);
  return value;
}

export function brokenAnswer(asked: Asked, why: string, cause?: unknown): VaultRequestError {
  return new VaultRequestError(
    asked,
    { status: 500, type: 'answer', text: `the plugin answers wrongly: ${why}` },
    { cause },
  );
}

function readWrapping(wrapping: WireResponse['wrap_info']): VaultWrapping | undefined {
  if (wrapping === null) return undefined;
  return {
    ttlMs: toMilliseconds(wrapping.TTL),
    token: wrapping.token,
    accessor: wrapping.accessor,
    createdAt: toDate(wrapping.creation_time),
    wrappedAccessor: wrapping.wrapped_accessor,
    wrappedEntityId: wrapping.wrapped_entity_id,
    format: wrapping.format,
    creationPath: wrapping.creation_path,
    sealWrap: wrapping.seal_wrap,
  };
}

/**
 * Reads the names of a list. None at all, or a list that is empty or missing, is an empty one; so is nothing at all.
 *
 * @throws VaultRequestError for `keys` that are no list of texts
 */
export function readNames(asked: Asked, response: VaultResponse | undefined): string[] {
  const keys = response?.data['keys'];
  if (keys === undefined || keys === null) return [];
  if (!Array.isArray(keys) || keys.some((key) => typeof key !== 'string'))
    throw brokenAnswer(asked, 'the keys of the list are not texts');
  return keys as string[];
}
