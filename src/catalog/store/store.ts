/**
 * Where catalogs keep their documents. Anything that fulfils this contract will do, a store shared by several machines
 * among them; `test/catalog/store-conformance.ts` is the contract as tests.
 */

/** Path of a document: any texts that are not empty, for example `['plugins', 'secret', 'team/kv', 'v1.0.0']`. */
export type DocumentKey = readonly string[];

/** Something that lies where documents are kept and can't be one. */
export interface StrangeThing {
  readonly place: string;
  readonly reason: string;
}

export interface CatalogStore {
  /** Where the document is or would be kept, for people: the path of a file. */
  place(key: DocumentKey): string;
  /** The document as it was put, whole; `undefined` when there is none. @throws StoreError */
  get(key: DocumentKey): Promise<string | undefined>;
  /** The keys of all documents below `prefix`, in no order, and what lies there beside them. @throws StoreError */
  list(prefix: DocumentKey): Promise<{ keys: DocumentKey[]; strange: StrangeThing[] }>;
  /**
   * Puts the document, replacing the one that is there. When it resolves the document outlives a crash of the machine;
   * until then, and when it rejects, every reader sees the earlier one, whole. @throws StoreError
   */
  put(key: DocumentKey, document: string): Promise<void>;
  /** Resolves to whether there was one. Durable, as `put`. @throws StoreError */
  delete(key: DocumentKey): Promise<boolean>;
  /**
   * Does the work while nobody else, in this process or another, does work of the same store. Readers are not held
   * up. A holder that dies holds no longer. Not to be nested.
   *
   * @throws StoreError `CATALOG_LOCKED` when others hold it for too long; what the work throws
   * @remarks Abort ends the waiting and rethrows the reason; work that has begun goes on to its end.
   */
  exclusively<T>(work: () => Promise<T>, options?: { signal?: AbortSignal | undefined }): Promise<T>;
}
