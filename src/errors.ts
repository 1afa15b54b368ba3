/** The base class of every error that Bulkhead throws. The codes are listed in error-codes.ts. */
import { errorCodeEntry, errorCodes, type Blame, type ErrorCode } from './error-codes.ts';
import { isErrorOf, nameErrorClass } from './error-identity.ts';
import { withTexts } from './error-texts.ts';
import { boundedText } from './foreign-text.ts';
import { readThrown } from './thrown-value.ts';

export { nameErrorClass } from './error-identity.ts';
export {
  blameMeanings,
  errorCodeEntry,
  errorCodes,
  type Blame,
  type ErrorCode,
  type ErrorCodeEntry,
} from './error-codes.ts';

export interface BulkheadErrorOptions {
  /** What failed underneath, kept as `cause`. */
  cause?: unknown;
  /** What to do about it, when the fix is known. One sentence. */
  hint?: string | undefined;
}

/**
 * Base class of all errors thrown by Bulkhead: a stable `code`, the `cause`, and a `hint` when the fix is known.
 *
 * Message, hint and the texts of the cause can be printed as they are, whoever wrote what they quote: characters that
 * steer a terminal or hide are shown by their numbers, and a text longer than 16,384 characters is cut.
 *
 * For this class and its subclasses, `instanceof` also recognises the errors of other loaded copies of this package.
 */
export class BulkheadError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  static {
    nameErrorClass(this, 'BulkheadError');
  }

  constructor(code: ErrorCode, message: string, options: BulkheadErrorOptions = {}) {
    super(
      boundedText(message),
      options.cause === undefined
        ? undefined
        : { cause: withTexts(options.cause, (text) => boundedText(text)) },
    );
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint === undefined ? undefined : boundedText(options.hint);
  }

  /** What is at fault, which follows from the code; the machine where the code is not in the table. */
  get blames(): Blame {
    return (errorCodes as Partial<typeof errorCodes>)[this.code]?.blames ?? 'machine';
  }

  /**
   * Makes an error of this class from anything that was thrown:
   *
   * - An error of Bulkhead, of whichever copy of the package, is returned itself.
   * - An error of the system (it has `code` and `syscall`) becomes `FILE_UNUSABLE` where it names a file,
   *   `SYSTEM_ERROR` otherwise, with a hint where the fix is known.
   * - Anything else, be it an error or not, becomes `INTERNAL`.
   *
   * What was thrown is kept as `cause`. Never throws. The reason of an aborted signal belongs to the caller, and is not
   * to be converted: call `signal.throwIfAborted()` first.
   */
  static from(thrown: unknown): BulkheadError {
    if (thrown instanceof BulkheadError) return thrown;
    const { code, message, hint } = readThrown(thrown);
    return new BulkheadError(code, message, { cause: thrown, hint });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isErrorOf(this, value);
  }
}

/** Thrown for a wrong argument before anything is done. It names the option, what was given and what is allowed. */
export class InvalidOptionError extends BulkheadError {
  readonly option: string;

  static {
    nameErrorClass(this, 'InvalidOptionError');
  }

  constructor(option: string, message: string, options: BulkheadErrorOptions = {}) {
    super('INVALID_OPTION', `${option}: ${message}`, options);
    this.option = option;
  }
}

/** Whether a failure says nothing about the plugin, because its engine is away or busy. */
export function isTransient(error: unknown): boolean {
  return error instanceof BulkheadError && errorCodeEntry(error.code).transient === true;
}
