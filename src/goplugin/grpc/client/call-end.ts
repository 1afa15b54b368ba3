/**
 * How a call ended, in gRPC's terms: from the other side's headers, from HTTP, or from a reset (gRPC:
 * PROTOCOL-HTTP2.md).
 */
import { fieldNamed, type Fields } from '../../http2/fields.ts';
import { errorCode } from '../../http2/protocol.ts';
import type { StreamLoss } from '../../http2/stream.ts';
import type { LimitName } from '../../limits.ts';
import { metadataOf, type ReceivedMetadata } from '../metadata.ts';
import { LimitExceeded } from '../limit-error.ts';
import { statusName, statusNames, type StatusError, type StatusName } from '../status.ts';

export interface CallStatus {
  readonly code: number;
  readonly details: string;
  /** The headers in which the status came. */
  readonly fields: Fields;
  /** Set when the call was ended by a limit of this side. */
  readonly limit?: LimitName;
  /** Set when the other side has certainly not heard of the call. */
  readonly progress?: 'NOT_STARTED';
}

export const okCode = 0;

/** A call that failed. It has the fields that an error of `@grpc/grpc-js` has. */
export class CallFailure extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata: ReceivedMetadata;
  declare readonly limit?: LimitName;
  declare readonly progress?: 'NOT_STARTED';

  constructor({ code, details, fields, limit, progress }: CallStatus) {
    super(`${code} ${statusName(code)}: ${details}`);
    this.name = 'CallFailure';
    this.code = code;
    this.details = details;
    this.metadata = metadataOf(fields);
    if (limit !== undefined) this.limit = limit;
    if (progress !== undefined) this.progress = progress;
  }
}

export function failure(status: StatusName, details: string): CallStatus {
  return { code: statusNames.indexOf(status), details, fields: [] };
}

/** Makes the status for a failure by this side. It names the limit for the code that explains it (failure.ts). */
export function failureOf(error: StatusError): CallStatus {
  const why = failure(error.status, error.message);
  return error instanceof LimitExceeded ? { ...why, limit: error.limit } : why;
}

/** Most calls end with the same fields, which HPACK decodes to the same list. */
let last: { readonly fields: Fields; readonly status: CallStatus } | undefined;

export function answerOf(fields: Fields, httpStatus: number | undefined): CallStatus {
  if (last?.fields === fields) return last.status;
  const status = statusIn(fields, httpStatus);
  if (status.code === okCode) last = { fields, status };
  return status;
}

function statusIn(fields: Fields, httpStatus: number | undefined): CallStatus {
  const code = fieldNamed(fields, 'grpc-status');
  if (code === undefined || !/^\d{1,3}$/.test(code)) return httpFailure(httpStatus);
  const message = fieldNamed(fields, 'grpc-message');
  const name = statusNames[Number(code)] ?? 'UNKNOWN';
  return {
    code: statusNames.indexOf(name),
    details: message === undefined ? '' : decoded(message),
    fields,
  };
}

function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

/** gRPC: http-grpc-status-mapping.md */
const statusOfHttp: Readonly<Record<number, StatusName>> = {
  400: 'INTERNAL',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'UNIMPLEMENTED',
  429: 'UNAVAILABLE',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

export function httpFailure(status: number | undefined): CallStatus {
  if (status === undefined || status === 200)
    return failure('UNKNOWN', 'the call ended without a gRPC status');
  return failure(statusOfHttp[status] ?? 'UNKNOWN', `the answer is HTTP status ${status}, not gRPC`);
}

/** gRPC: PROTOCOL-HTTP2.md, "Errors" */
const statusOfReset: Readonly<Record<number, StatusName>> = {
  [errorCode.refusedStream]: 'UNAVAILABLE',
  [errorCode.cancel]: 'CANCELLED',
  [errorCode.enhanceYourCalm]: 'RESOURCE_EXHAUSTED',
  [errorCode.inadequateSecurity]: 'PERMISSION_DENIED',
};

/** @param loss `undefined` when the stream ended without trailers */
export function lossFailure(loss: StreamLoss | undefined): CallStatus {
  if (loss?.kind === 'lost') return failure('UNAVAILABLE', loss.why);
  const code = loss?.code ?? errorCode.noError;
  const why = loss?.kind === 'fault' ? `: ${loss.why}` : '';
  return failure(statusOfReset[code] ?? 'INTERNAL', `the call was reset with HTTP/2 code ${code}${why}`);
}
