/** Errors that a handler throws for a status of its own choice. */
import { BulkheadError, type ErrorCode } from '../../errors.ts';

export class ApiError extends Error {
  readonly status: number;
  /** A code of the table, if one says what happened. */
  readonly code: ErrorCode | undefined;
  readonly texts: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the same request may be sent again, since nothing was done. Default: the status says so. */
  readonly mayRepeat: boolean | undefined;

  constructor(
    status: number,
    texts: string | readonly string[],
    more: {
      readonly code?: ErrorCode;
      readonly headers?: Readonly<Record<string, string>>;
      readonly mayRepeat?: boolean;
      readonly cause?: unknown;
    } = {},
  ) {
    const all = typeof texts === 'string' ? [texts] : texts;
    super(all.join('; '), { cause: more.cause });
    this.name = 'ApiError';
    this.status = status;
    this.texts = all;
    this.code = more.code;
    this.headers = more.headers ?? {};
    this.mayRepeat = more.mayRepeat;
  }

  /** The same, with the texts of an error of the library. */
  static of(status: number, error: unknown): ApiError {
    const { code, message, hint } = BulkheadError.from(error);
    return new ApiError(status, hint === undefined ? message : `${message} ${hint}`, { code, cause: error });
  }
}

/** Nothing is there: an empty list of errors, as Vault has it. */
export function nothingThere(): ApiError {
  return new ApiError(404, []);
}
