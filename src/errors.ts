/**
 * The one base class of every error Bulkhead throws, and the one table of its codes.
 *
 * Codes are public contract: they never change meaning. An aborted call does not appear here, because the
 * reason of the caller's own `AbortSignal` is rethrown untouched.
 */

/** Every stable error code, with what it tells the caller. `test/errors.test.ts` keeps this table complete. */
export const errorCodes = {
  INVALID_OPTION: 'An option that the caller passed is wrong; nothing was done.',
  ENGINE_NONE_FOUND: 'No engine answers on any of the sockets looked at.',
  ENGINE_SOCKET_ABSENT: "The engine's socket does not exist.",
  ENGINE_SOCKET_INVALID: 'The path of the socket leads to something that is not a socket.',
  ENGINE_SOCKET_FORBIDDEN: "This user may not use the engine's socket.",
  ENGINE_SOCKET_REFUSED: 'The socket is there, but nothing listens on it.',
  ENGINE_SOCKET_PATH_TOO_LONG: 'The path of the socket is longer than the 107 bytes that the kernel takes.',
  ENGINE_SCHEME_UNSUPPORTED: 'A setting names an engine that is not reached over a unix socket.',
  ENGINE_CONTEXT_INVALID: "Docker's context names no engine, or its files can't be read.",
  ENGINE_NOT_RECOGNISED: 'What answers on the socket is neither Docker nor Podman.',
  ENGINE_VERSION_UNSUPPORTED: 'The engine speaks no API version that this client speaks.',
  ENGINE_GONE: 'The engine ended the connection in the middle of a call or a stream.',
  ENGINE_TIMEOUT: 'The engine did not connect, answer or go on within the time limit.',
  ENGINE_CLOSED: 'The call was ended because its engine was closed on this side.',
  ENGINE_PROTOCOL: 'The engine answered something that its API does not allow.',
  ENGINE_UNSUPPORTED: "This engine, or this version of it, can't do what was asked.",
  ENGINE_BAD_REQUEST: 'The engine finds the request wrong.',
  ENGINE_UNAUTHORIZED: 'The engine, or a registry behind it, forbids the request or wants credentials.',
  ENGINE_NOT_FOUND: 'There is no such container, image, network or path.',
  ENGINE_CONFLICT: 'The request does not fit the present state of the container or image.',
  ENGINE_OPERATION_FAILED: 'The engine tried what was asked, and failed.',
  PODMAN_MISSING: 'Podman is not installed, or not on the PATH.',
  PODMAN_RUNTIME_MISSING: 'The OCI runtime for the Podman service is not installed.',
  PODMAN_SERVICE_FAILED: 'The Podman service ended before it answered.',
  PODMAN_SERVICE_TIMEOUT: 'The Podman service did not answer in time.',
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
