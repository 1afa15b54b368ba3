/**
 * The one base class of every error Bulkhead throws, and the one table of its codes.
 *
 * Codes are public contract: they never change meaning. An aborted call does not appear here, because the
 * reason of the caller's own `AbortSignal` is rethrown untouched.
 */

/** Every stable error code, with what it tells the caller. `test/errors.test.ts` keeps this table complete. */
export const errorCodes = {
  INVALID_OPTION: 'An option that the caller passed is wrong; nothing was done.',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof errorCodes;

export interface BulkheadErrorOptions {
  /** What failed underneath, kept as `cause`. */
  cause?: unknown;
  /** What to do about it, when the fix is known. One sentence. */
  hint?: string | undefined;
}

/** Base class of all errors thrown by Bulkhead: a stable `code`, the `cause`, and a `hint` when the fix is known. */
export class BulkheadError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: BulkheadErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
  }
}

/** Thrown for a wrong argument before anything is done: names the option, what was given and what is allowed. */
export class InvalidOptionError extends BulkheadError {
  readonly option: string;

  constructor(option: string, message: string, options: BulkheadErrorOptions = {}) {
    super('INVALID_OPTION', `${option}: ${message}`, options);
    this.option = option;
  }
}
