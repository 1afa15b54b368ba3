/**
 * How a call ended, in gRPC's terms: from the other side's headers, from HTTP, or from a reset (gRPC:
 * PROTOCOL-HTTP2.md).
 */
import { Metadata, status as statusCodes, type StatusObject } from '@grpc/grpc-js';
import { constants, type IncomingHttpHeaders } from 'node:http2';
import { statusNames, type StatusName } from './status.ts';

export function failure(status: StatusName, details: string): StatusObject {
  return { code: statusCodes[status], details, metadata: new Metadata() };
}

export function metadataOf(headers: IncomingHttpHeaders): Metadata {
  try {
    return Metadata.fromHttp2Headers(headers);
  } catch {
    return new Metadata(); // the headers hold one that gRPC does not allow
  }
}

export function answerOf(headers: IncomingHttpHeaders, httpStatus: number | undefined): StatusObject {
  const code = headers['grpc-status'];
  if (typeof code !== 'string' || !/^\d{1,3}$/.test(code)) return httpFailure(httpStatus);
  const message = headers['grpc-message'];
  const metadata = metadataOf(headers);
  metadata.remove('grpc-status');
  metadata.remove('grpc-message');
  const details = typeof message === 'string' ? decoded(message) : '';
  return { code: statusCodes[statusNames[Number(code)] ?? 'UNKNOWN'], details, metadata };
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

export function httpFailure(status: number | undefined): StatusObject {
  if (status === undefined || status === 200)
    return failure('UNKNOWN', 'the call ended without a gRPC status');
  return failure(statusOfHttp[status] ?? 'UNKNOWN', `the answer is HTTP status ${status}, not gRPC`);
}

/** gRPC: PROTOCOL-HTTP2.md, "Errors" */
const statusOfReset: Readonly<Record<number, StatusName>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: 'UNAVAILABLE',
  [constants.NGHTTP2_CANCEL]: 'CANCELLED',
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: 'RESOURCE_EXHAUSTED',
  [constants.NGHTTP2_INADEQUATE_SECURITY]: 'PERMISSION_DENIED',
};

export function resetFailure(code: number): StatusObject {
  return failure(statusOfReset[code] ?? 'INTERNAL', `the call was reset with HTTP/2 code ${code}`);
}
