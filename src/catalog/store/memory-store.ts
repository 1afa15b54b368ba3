import type { CatalogStore, DocumentKey } from './store.ts';
import { KeyedLock } from '../../waiting/keyed-lock.ts';

/** A store that ends with its process, for hosts without a directory and for tests. */
export function memoryStore(): CatalogStore {
  const documents = new Map<string, { key: DocumentKey; document: string }>();
  const lock = new KeyedLock();
  const nameOf = (key: DocumentKey): string => JSON.stringify(key);
  return {
    place: (key) => `the catalog's entry ${key.join(' ')}`,
    get: (key) => Promise.resolve(documents.get(nameOf(key))?.document),
    list: (prefix) => {
      const keys = [...documents.values()]
        .map(({ key }) => key)
        .filter((key) => key.length > prefix.length && prefix.every((part, i) => key[i] === part));
      return Promise.resolve({ keys, strange: [] });
    },
    put: (key, document) => {
      documents.set(nameOf(key), { key: [...key], document });
      return Promise.resolve();
    },
    delete: (key) => Promise.resolve(documents.delete(nameOf(key))),
    exclusively: (work, { signal } = {}) => lock.take('all', work, { signal }),
  };
}
