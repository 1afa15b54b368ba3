/** The status with which a call at a server ends, as trailers (gRPC: PROTOCOL-HTTP2.md). */
import { PluginCallError } from '../../errors.ts';
import { CommonFields } from '../../http2/hpack-encoder.ts';
import type { Fields } from '../../http2/fields.ts';
import { messageOf } from '../../../thrown-value.ts';
import { fieldsOf } from '../metadata.ts';
import { StatusError, statusNames, type StatusName } from '../status.ts';

export interface ReplyStatus {
  readonly code: number;
  readonly details: string;
  readonly fields: Fields;
}

export const ok: ReplyStatus = { code: 0, details: '', fields: [] };

export function replyStatus(name: StatusName, details: string): ReplyStatus {
  return { code: statusNames.indexOf(name), details, fields: [] };
}

/** Returns what an implementation that threw this answers with. */
export function statusOf(error: unknown): ReplyStatus {
  const message = messageOf(error);
  if (error instanceof StatusError) return named(error.status, message, error.metadata);
  // The failure of a call to another service is passed on, as an error returned by a Go plugin would be.
  if (error instanceof PluginCallError) return named(error.status, error.details, error.metadata);
  if (!isLibraryError(error)) return named('UNKNOWN', message, {});
  const { code, details, metadata } = error;
  return { code, details: details ?? message, fields: libraryFields(metadata) };
}

function named(status: string, details: string, metadata: StatusError['metadata']): ReplyStatus {
  const code = (statusNames as readonly string[]).indexOf(status);
  return {
    code: code < 0 ? statusNames.indexOf('UNKNOWN') : code,
    details,
    fields: fieldsOf(metadata),
  };
}

/** An error in the form that `@grpc/grpc-js` takes for a status. */
interface LibraryError extends Error {
  readonly code: number;
  readonly details?: string;
  readonly metadata?: { toHttp2Headers?: () => Readonly<Record<string, string | readonly string[]>> };
}

/** A number that is no status of a failure, such as the -1 of some programs, says nothing to the caller. */
function isLibraryError(error: unknown): error is LibraryError {
  if (!(error instanceof Error)) return false;
  const { code = 0 } = error as Partial<LibraryError>;
  return Number.isSafeInteger(code) && code > 0;
}

function libraryFields(metadata: LibraryError['metadata']): Fields {
  const headers = metadata?.toHttp2Headers?.() ?? {};
  return Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap((each) => [name, each]));
}

/** The trailers of most calls are the same for each status. */
const statusFields = new Map<number, CommonFields>();
const headersOf = ['content-type', 'application/grpc'];

export const responseHeaders = new CommonFields([':status', '200', ...headersOf]);

/** @param alone true when the call is answered with nothing but the status */
export function trailersOf(
  { code, details, fields }: ReplyStatus,
  alone: boolean,
): { readonly common: CommonFields; readonly others: Fields } {
  const key = alone ? -1 - code : code;
  let common = statusFields.get(key);
  if (common === undefined) {
    common = new CommonFields([...(alone ? responseHeaders.fields : []), 'grpc-status', String(code)]);
    if (Number.isSafeInteger(code) && code >= 0 && code < statusNames.length) statusFields.set(key, common);
  }
  const others = details === '' ? fields : ['grpc-message', encodedText(details), ...fields];
  return { common, others };
}

/** gRPC: PROTOCOL-HTTP2.md, "Percent-Encoded" */
function encodedText(text: string): string {
  if (/^[ -$&-~]*$/.test(text)) return text;
  let encoded = '';
  for (const octet of Buffer.from(text, 'utf8')) {
    const plain = octet >= 0x20 && octet <= 0x7e && octet !== 0x25;
    encoded += plain ? String.fromCharCode(octet) : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
