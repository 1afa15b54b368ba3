import type { AbortOption } from '../../abort.ts';
import { checkKey, checkPrefix } from './keys.ts';
import type { StorageEntry, VaultStorage } from './storage.ts';

/**
 * The part of a storage below a prefix, such as that of one mount. A key can't lead out of it, because keys are checked
 * before the prefix is put in front of them.
 */
export class StorageArea {
  /** Ends with a slash. */
  readonly prefix: string;
  readonly #storage: VaultStorage;

  constructor(storage: VaultStorage, prefix: string) {
    this.#storage = storage;
    this.prefix = prefix;
  }

  async list(prefix: string, options?: AbortOption): Promise<string[]> {
    checkPrefix(prefix);
    return this.#storage.list(this.prefix + prefix, options);
  }

  async get(key: string, options?: AbortOption): Promise<StorageEntry | undefined> {
    checkKey(key);
    return this.#storage.get(this.prefix + key, options);
  }

  async put(key: string, entry: StorageEntry, options?: AbortOption): Promise<void> {
    checkKey(key);
    return this.#storage.put(this.prefix + key, entry, options);
  }

  async delete(key: string, options?: AbortOption): Promise<void> {
    checkKey(key);
    return this.#storage.delete(this.prefix + key, options);
  }

  /** Calls the listener with the keys in this area that somebody else has changed. */
  watch(listener: (key: string) => void): () => void {
    return (
      this.#storage.watch?.((key) => {
        if (key.startsWith(this.prefix)) listener(key.slice(this.prefix.length));
      }) ?? (() => undefined)
    );
  }

  /** Deletes everything below the prefix. */
  async clear(options?: AbortOption): Promise<void> {
    const folders = [''];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const name of await this.list(folder, options)) {
        // The name of an entry can be empty: the key ends with a slash then.
        if (name.endsWith('/')) folders.push(folder + name);
        else if (folder + name !== '') await this.delete(folder + name, options);
      }
    }
  }
}
