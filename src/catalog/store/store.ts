/**
 * The contract of the stores in which catalogs keep their documents. Any implementation of it will do, such as a store
 * shared by several machines. `test/catalog/store-conformance.ts` is the contract as tests.
 */

/** Path of a document: any texts that are not empty, for example `['plugins', 'secret', 'team/kv', 'v1.0.0']`. */
export type DocumentKey = readonly string[];

/** Something among the stored documents that can't be one. */
export interface StrangeThing {
  readonly place: string;
  readonly reason: string;
}

export interface CatalogStore {
  /** Returns where the document is or would be kept, for people: the path of a file. */
  place(key: DocumentKey): string;
  /** Returns the document as it was put, whole; `undefined` when there is none. @throws StoreError */
  get(key: DocumentKey): Promise<string | undefined>;
  /**
   * Returns the keys of all documents below `prefix`, in no order, and whatever lies there besides them. @throws
   * StoreError
   */
  list(prefix: DocumentKey): Promise<{ keys: DocumentKey[]; strange: StrangeThing[] }>;
  /**
   * Stores the document, replacing the one that is there. Once it resolves, the document survives a crash of the
   * machine; until then, and when it rejects, every reader sees the earlier one, whole. @throws StoreError
   */
  put(key: DocumentKey, document: string): Promise<void>;
  /** Deletes the document; resolves to whether there was one. It is as durable as `put`. @throws StoreError */
  delete(key: DocumentKey): Promise<boolean>;
  /**
   * Does the work while no other work of the same store is done, in this process or another. Readers are not blocked.
   * The lock of a process that dies is released. Calls must not be nested.
   *
   * @throws StoreError `CATALOG_LOCKED` when others hold the lock for too long; whatever the work throws
   * @remarks Abort ends the waiting and rethrows the reason; work that has begun goes on to its end.
   */
  exclusively<T>(work: () => Promise<T>, options?: { signal?: AbortSignal | undefined }): Promise<T>;
}
