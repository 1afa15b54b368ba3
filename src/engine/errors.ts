import { BulkheadError, nameErrorClass, type BulkheadErrorOptions, type ErrorCode } from '../errors.ts';
import { boundedText } from '../foreign-text.ts';

/** Where an error arose in the Engine API. */
export interface EngineErrorOptions extends BulkheadErrorOptions {
  /** HTTP status of the engine's answer. */
  readonly status?: number | undefined;
  readonly method?: string | undefined;
  /** Path as sent, without the query. */
  readonly path?: string | undefined;
  /** What the engine itself said. */
  readonly engineMessage?: string | undefined;
  readonly socketPath?: string | undefined;
}

/** Base class of everything that can go wrong between this process and an engine. */
export class EngineError extends BulkheadError {
  static {
    nameErrorClass(this, 'EngineError');
  }

  readonly status: number | undefined;
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly engineMessage: string | undefined;
  readonly socketPath: string | undefined;

  constructor(code: ErrorCode, message: string, options: EngineErrorOptions = {}) {
    super(code, message, options);
    this.status = options.status;
    this.method = options.method;
    this.path = options.path;
    this.engineMessage = options.engineMessage === undefined ? undefined : boundedText(options.engineMessage);
    this.socketPath = options.socketPath;
  }
}

/** No connection could be made. `code` tells why: absent, no socket, forbidden, refused, path too long, ... */
export class EngineUnreachableError extends EngineError {
  static {
    nameErrorClass(this, 'EngineUnreachableError');
  }
}

/** Something answers on the socket, but no engine that this client can speak with. */
export class NotAnEngineError extends EngineError {
  static {
    nameErrorClass(this, 'NotAnEngineError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_NOT_RECOGNISED', message, options);
  }
}

/** The engine is too old or too new for this client. */
export class EngineVersionError extends EngineError {
  static {
    nameErrorClass(this, 'EngineVersionError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_VERSION_UNSUPPORTED', message, options);
  }
}

/** The connection ended in the middle of an answer or a stream. Whether the engine did what was asked is not known. */
export class EngineGoneError extends EngineError {
  static {
    nameErrorClass(this, 'EngineGoneError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_GONE', message, options);
  }
}

/** The engine did not connect, answer or go on within the limit. Whether it did what was asked is not known. */
export class EngineTimeoutError extends EngineError {
  static {
    nameErrorClass(this, 'EngineTimeoutError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_TIMEOUT', message, options);
  }
}

/** This side closed the engine (`close` or disposal) before or during the call. */
export class EngineClosedError extends EngineError {
  static {
    nameErrorClass(this, 'EngineClosedError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_CLOSED', message, options);
  }
}

/** The engine answered something that its API does not allow. */
export class EngineProtocolError extends EngineError {
  static {
    nameErrorClass(this, 'EngineProtocolError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_PROTOCOL', message, options);
  }
}

/** This engine, or its version, can't do what was asked. Found out before anything was sent, where possible. */
export class UnsupportedByEngineError extends EngineError {
  static {
    nameErrorClass(this, 'UnsupportedByEngineError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_UNSUPPORTED', message, options);
  }
}

/** The engine finds the request wrong. */
export class BadRequestError extends EngineError {
  static {
    nameErrorClass(this, 'BadRequestError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_BAD_REQUEST', message, options);
  }
}

/** The engine, or a registry behind it, wants credentials or forbids the request. */
export class UnauthorizedError extends EngineError {
  static {
    nameErrorClass(this, 'UnauthorizedError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_UNAUTHORIZED', message, options);
  }
}

/** There is no such container, image, network or path. */
export class NotFoundError extends EngineError {
  static {
    nameErrorClass(this, 'NotFoundError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_NOT_FOUND', message, options);
  }
}

/** The request does not fit the present state: name taken, image in use, container running or not running. */
export class ConflictError extends EngineError {
  static {
    nameErrorClass(this, 'ConflictError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_CONFLICT', message, options);
  }
}

/** The engine tried and failed, and said so: with a status of 500, or inside an answer that began well. */
export class EngineOperationError extends EngineError {
  static {
    nameErrorClass(this, 'EngineOperationError');
  }

  constructor(message: string, options?: EngineErrorOptions) {
    super('ENGINE_OPERATION_FAILED', message, options);
  }
}
