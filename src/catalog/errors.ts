/** The errors of the catalogs. */
import { BulkheadError, nameErrorClass, type BulkheadErrorOptions } from '../errors.ts';

/** The catalog has no such entry. `known` lists the names (or versions) that it has instead, if any. */
export class EntryNotFoundError extends BulkheadError {
  static {
    nameErrorClass(this, 'EntryNotFoundError');
  }

  readonly known: readonly string[];

  constructor(what: string, known: readonly string[], options: BulkheadErrorOptions = {}) {
    super('CATALOG_NOT_FOUND', `the catalog has no ${what}`, {
      hint: known.length === 0 ? 'Register it first.' : `It has ${known.join(', ')}.`,
      ...options,
    });
    this.known = known;
  }
}

/** The entry can't be changed now. `inTheWay` names what refers to it. */
export class EntryInUseError extends BulkheadError {
  static {
    nameErrorClass(this, 'EntryInUseError');
  }

  readonly inTheWay: readonly string[];

  constructor(message: string, inTheWay: readonly string[], hint: string) {
    super('CATALOG_IN_USE', message, { hint });
    this.inTheWay = inTheWay;
  }
}

/** The document at `place` is no entry: it is torn, foreign, or written by a newer version. It is left as it is. */
export class DamagedEntryError extends BulkheadError {
  static {
    nameErrorClass(this, 'DamagedEntryError');
  }

  /** Path of the file, for a store of files. */
  readonly place: string;
  readonly reason: string;

  constructor(
    code: 'CATALOG_DAMAGED' | 'CATALOG_NEWER_FORMAT',
    { place, reason }: { readonly place: string; readonly reason: string },
    options: BulkheadErrorOptions = {},
  ) {
    super(code, `${place} ${reason}`, {
      hint:
        code === 'CATALOG_DAMAGED'
          ? 'Remove it, or put back the file that belongs there; then register the entry again.'
          : 'Use that version of Bulkhead, or a later one, with this directory.',
      ...options,
    });
    this.place = place;
    this.reason = reason;
  }
}

/** The store can't be read, written, locked or trusted. What was stored before is still there. */
export class StoreError extends BulkheadError {
  static {
    nameErrorClass(this, 'StoreError');
  }

  readonly place: string;

  constructor(
    code: 'CATALOG_UNREADABLE' | 'CATALOG_UNTRUSTED' | 'CATALOG_UNWRITABLE' | 'CATALOG_LOCKED',
    place: string,
    message: string,
    options: BulkheadErrorOptions = {},
  ) {
    super(code, message, options);
    this.place = place;
  }
}
