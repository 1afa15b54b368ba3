/**
 * The contract of the storages in which Vault's plugins keep their data. One storage serves any number of mounts, each of
 * which gets a part of it. `vaultStorageTests` of `bulkhead/testing` is the contract as tests.
 *
 * A key is a path such as `mounts/1/data/foo`: parts with slashes between them, never empty as a whole, and with no part
 * that is `.` or `..`.
 */
import type { AbortOption } from '../../abort.ts';

export interface StorageEntry {
  readonly value: Uint8Array;
  /** Whether the plugin asks for further encryption of this entry. It is kept, and given back to the plugin. */
  readonly sealWrap?: boolean | undefined;
}

export interface VaultStorage {
  /**
   * Returns the names directly below a prefix, sorted by their bytes; the name of what has more below it ends with a
   * slash. A prefix that does not end with a slash stands for all keys that begin with it. Nothing below it: an empty
   * list.
   */
  list(prefix: string, options?: AbortOption): Promise<string[]>;
  /** Returns the entry as it was put, whole; `undefined` when there is none. */
  get(key: string, options?: AbortOption): Promise<StorageEntry | undefined>;
  /**
   * Stores the entry, replacing the one that is there. Once it resolves, a later `get` returns this entry or a newer
   * one, and in a storage on disk it survives a crash. Until then, and when it rejects, every reader gets the earlier
   * one or this one, whole.
   */
  put(key: string, entry: StorageEntry, options?: AbortOption): Promise<void>;
  /** Deletes the entry. It is as durable as `put`. Deleting what is not there changes nothing. */
  delete(key: string, options?: AbortOption): Promise<void>;
  /**
   * Calls the listener with every key that somebody else has put or deleted, such as a host on another machine, so that
   * plugins can be told. Changes by mounts of this process are known anyway.
   *
   * @returns a function that ends this
   */
  watch?(listener: (key: string) => void): () => void;
}
