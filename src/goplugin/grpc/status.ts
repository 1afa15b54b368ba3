/**
 * gRPC status codes by name, as the gRPC specification numbers them. The list is copied here so that looking up a name
 * loads no gRPC.
 */
export const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export type StatusName = (typeof statusNames)[number];

export function statusName(code: number): string {
  return statusNames[code] ?? `STATUS_${code}`;
}

/**
 * Thrown by an implementation to answer a call with a status of its choice. Any other error answers UNKNOWN with
 * the error's message, as in Go.
 */
export class StatusError extends Error {
  readonly status: StatusName;
  readonly metadata: Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>;

  constructor(status: StatusName, details: string, metadata: StatusError['metadata'] = {}) {
    super(details);
    this.name = 'StatusError';
    this.status = status;
    this.metadata = metadata;
  }
}
