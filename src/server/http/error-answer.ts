/** The answer to a request that failed: a status, texts for people, and whether the request may be sent again. */
import { BulkheadError, errorCodeEntry, type ErrorCode } from '../../errors.ts';
import { VaultRequestError, VaultStorageError, type VaultRawAnswer } from '../../vault/index.ts';
import { ApiError } from './api-error.ts';

export interface ErrorAnswer {
  readonly status: number;
  readonly texts: readonly string[];
  readonly code: ErrorCode | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly mayRepeat: boolean;
  /** The plugin's own words, which are passed on as they are. */
  readonly raw: VaultRawAnswer | undefined;
}

/** Statuses of codes where what is at fault does not say it. */
const statuses: Partial<Record<ErrorCode, number>> = {
  CATALOG_NOT_FOUND: 404,
  CATALOG_IN_USE: 400,
  CATALOG_LOCKED: 503,
  VAULT_MOUNT_NOT_FOUND: 404,
  RELOAD_FAILED: 400, // nothing has changed, and a repetition would fail again
  INSTANCE_CRASH_LOOP: 503,
  INSTANCE_NOT_READY: 503,
};

/**
 * The plugin may have carried out the request. Clients send a request again by themselves after a status of 500 and more,
 * so such a write is answered with 409.
 */
const unknownOutcomes: readonly ErrorCode[] = [
  'CALL_OUTCOME_UNKNOWN',
  'PLUGIN_CALL_TIMEOUT',
  'HOST_CLOSED',
  'MOUNT_CLOSED',
  'INSTANCE_STOPPED',
];

/** @param reads whether the request reads only */
export function errorAnswer(thrown: unknown, reads: boolean): ErrorAnswer {
  const error = thrown instanceof ApiError ? thrown : apiError(thrown, reads);
  const { status, texts, code, headers } = error;
  return {
    ...{ status, texts, code, headers },
    mayRepeat: error.mayRepeat ?? (reads || status === 503),
    raw: thrown instanceof VaultRequestError ? thrown.response?.raw : undefined,
  };
}

function apiError(thrown: unknown, reads: boolean): ApiError {
  if (thrown instanceof VaultRequestError) {
    const texts = thrown.text === '' ? [] : [thrown.text];
    return new ApiError(thrown.status, texts, { code: codeOf(thrown), cause: thrown });
  }
  const error = BulkheadError.from(thrown);
  if (error.code === 'INTERNAL')
    return new ApiError(500, 'an internal error, which the log of the server has', { code: 'INTERNAL' });
  if (unknownOutcomes.includes(error.code)) return ApiError.of(reads ? 503 : 409, error);
  if (error.code === 'RELOAD_FAILED') return ApiError.of(reloadStatus(error.cause), error);
  const { blames, transient } = errorCodeEntry(error.code);
  const isCallers = blames === 'request' || blames === 'usage';
  return ApiError.of(statuses[error.code] ?? (transient === true ? 503 : isCallers ? 400 : 500), error);
}

/** The code names who is at fault: a plugin that fails because its storage does is not. */
function codeOf(error: VaultRequestError): ErrorCode {
  const { cause, code, status } = error;
  const isOfStorage = status >= 500 && cause instanceof VaultStorageError;
  return isOfStorage && errorCodeEntry(cause.code).blames === 'machine' ? cause.code : code;
}

/** The plugin that ran goes on. What keeps the new one from its place is the caller's to mend, unless it is the machine's. */
function reloadStatus(cause: unknown): number {
  const { blames, transient } = errorCodeEntry(BulkheadError.from(cause).code);
  if (transient === true) return 503;
  return blames === 'engine' || blames === 'machine' ? 500 : 400;
}
