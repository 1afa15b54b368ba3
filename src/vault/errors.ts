/** The errors of mounts of Vault's plugins and of their storages. */
import { BulkheadError, nameErrorClass, type BulkheadErrorOptions, type ErrorCode } from '../errors.ts';
import { boundedText } from '../foreign-text.ts';
import type { VaultResponse } from './requests/response.ts';

/** What a plugin said of why it does not do what was asked (Vault: sdk/plugin/pb, error types). */
export type VaultErrorType =
  | 'unknown'
  | 'user'
  | 'internal'
  | 'coded'
  | 'bad-request'
  | 'unsupported-operation'
  | 'unsupported-path'
  | 'invalid-request'
  | 'permission-denied'
  | 'authorization-pending'
  | 'unrecoverable'
  /** The answer was an error response: data that say what is wrong. */
  | 'response'
  /** The answer breaks the rules of the protocol. */
  | 'answer';

/** A plugin refused a request, or failed with it. `status` is the HTTP status with which Vault would answer. */
export class VaultRequestError extends BulkheadError {
  static {
    nameErrorClass(this, 'VaultRequestError');
  }

  readonly status: number;
  readonly type: VaultErrorType;
  /** `read`, `update`, ... */
  readonly operation: string;
  readonly path: string;
  /** The plugin's own words, with characters that would steer a terminal shown by their numbers. */
  readonly text: string;
  /** What came with the error, if anything did. */
  readonly response: VaultResponse | undefined;

  constructor(
    what: { readonly operation: string; readonly path: string },
    answer: {
      readonly status: number;
      readonly type: VaultErrorType;
      readonly text: string;
      readonly response?: VaultResponse | undefined;
    },
    options: BulkheadErrorOptions = {},
  ) {
    const code = answer.status < 500 ? 'VAULT_REQUEST_REFUSED' : 'VAULT_REQUEST_FAILED';
    super(code, `${what.operation} ${what.path}: ${answer.text} (status ${answer.status})`, options);
    this.operation = what.operation;
    this.path = what.path;
    this.status = answer.status;
    this.type = answer.type;
    this.text = boundedText(answer.text);
    this.response = answer.response;
  }
}

/** What a database plugin was asked for. */
export type VaultDatabaseOperation = 'initialize' | 'newUser' | 'updateUser' | 'deleteUser' | 'rotateRoot';

/**
 * A database plugin, or the database behind it, refused what was asked for, or failed with it. Secrets are taken out:
 * passwords, keys, and the values of the configuration, in whose place their names stand.
 */
export class VaultDatabaseError extends BulkheadError {
  static {
    nameErrorClass(this, 'VaultDatabaseError');
  }

  readonly operation: VaultDatabaseOperation;
  /** Name of the gRPC status; official plugins have `INTERNAL` for nearly everything. */
  readonly status: string;
  /** The plugin's own words, without secrets. */
  readonly text: string;

  constructor(
    operation: VaultDatabaseOperation,
    answer: { readonly status: string; readonly text: string },
    options: BulkheadErrorOptions = {},
  ) {
    super(codeOf(operation, answer.status), `${operation}: ${answer.text} (${answer.status})`, options);
    this.operation = operation;
    this.status = answer.status;
    this.text = boundedText(answer.text);
  }
}

/** Statuses that say that the request was wrong. */
const refusals = new Set([
  ...['INVALID_ARGUMENT', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED', 'UNAUTHENTICATED'],
  ...['FAILED_PRECONDITION', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
]);

function codeOf(operation: VaultDatabaseOperation, status: string): ErrorCode {
  if (operation === 'initialize') return 'VAULT_SETUP_REFUSED';
  return refusals.has(status) ? 'VAULT_DATABASE_REFUSED' : 'VAULT_DATABASE_FAILED';
}

export type VaultStorageErrorCode =
  | 'VAULT_STORAGE_DAMAGED'
  | 'VAULT_STORAGE_FAILED'
  | 'VAULT_STORAGE_FULL'
  | 'VAULT_STORAGE_IN_USE'
  | 'VAULT_STORAGE_KEY_INVALID'
  | 'VAULT_STORAGE_WRONG_KEY';

/** A storage can't be opened, read or written. Nothing that was stored has changed. */
export class VaultStorageError extends BulkheadError {
  static {
    nameErrorClass(this, 'VaultStorageError');
  }

  /** Path of the file or folder, or the key. */
  readonly place: string;

  constructor(
    code: VaultStorageErrorCode,
    place: string,
    message: string,
    options: BulkheadErrorOptions = {},
  ) {
    super(code, message, options);
    this.place = place;
  }
}
