import type { AbortOption } from '../../abort.ts';
import { checkShape, shapeOf, wholeNumber } from '../../settings/option-shape.ts';
import { VaultStorageError } from '../errors.ts';
import { byBytes, checkKey, checkPrefix } from './keys.ts';
import type { StorageEntry, VaultStorage } from './storage.ts';

export interface MemoryStorageOptions {
  /**
   * Most bytes that keys, values and the folders of keys may have together. A put that needs more fails with
   * `VAULT_STORAGE_FULL`. Default: 256 MiB.
   */
  readonly maxBytes?: number | undefined;
}

const memoryStorageOptions = shapeOf<MemoryStorageOptions>({ maxBytes: wholeNumber(0) });

/** What an entry takes besides its key and value, about. */
const entryBytes = 64;
/** What a folder takes, about. A plugin that chooses keys of thousands of parts would otherwise take what nobody counts. */
const folderBytes = 512;

interface Folder {
  readonly entries: Map<string, StorageEntry>;
  readonly folders: Map<string, Folder>;
}

/** A storage that ends with its process, for tests and for plugins that keep nothing of value. */
export function memoryStorage(options: MemoryStorageOptions = {}): VaultStorage {
  checkShape('memoryStorage', memoryStorageOptions, options);
  const { maxBytes = 256 * 1024 * 1024 } = options;
  const root = newFolder();
  let bytes = 0;
  const sizeOf = (key: string, entry: StorageEntry | undefined): number =>
    entry === undefined ? 0 : Buffer.byteLength(key) + entry.value.length + entryBytes;
  return {
    // Each is an async function, so that an invalid key rejects and does not throw.
    async list(prefix, given: AbortOption = {}) {
      given.signal?.throwIfAborted();
      checkPrefix(prefix);
      const { folders, name: begin } = split(prefix);
      const folder = find(root, folders);
      if (folder === undefined) return Promise.resolve([]);
      const names = [...folder.entries.keys(), ...[...folder.folders.keys()].map((name) => `${name}/`)];
      return Promise.resolve(
        names
          .filter((name) => name.startsWith(begin))
          .map((name) => name.slice(begin.length))
          .sort(byBytes),
      );
    },
    async get(key, given: AbortOption = {}) {
      given.signal?.throwIfAborted();
      checkKey(key);
      const { folders, name } = split(key);
      const entry = find(root, folders)?.entries.get(name);
      return Promise.resolve(entry && { ...entry, value: Buffer.from(entry.value) });
    },
    async put(key, entry, given: AbortOption = {}) {
      given.signal?.throwIfAborted();
      checkKey(key);
      const { folders, name } = split(key);
      const before = find(root, folders)?.entries.get(name);
      const newFolders = missing(root, folders) * folderBytes;
      const after = bytes - sizeOf(key, before) + sizeOf(key, entry) + newFolders;
      if (after > maxBytes && after > bytes) {
        throw new VaultStorageError(
          'VAULT_STORAGE_FULL',
          key,
          `the storage has its limit of ${maxBytes} bytes`,
          {
            hint: 'Give memoryStorage a higher `maxBytes`, or keep the data on disk with openFileStorage.',
          },
        );
      }
      bytes = after;
      make(root, folders).entries.set(name, {
        value: Buffer.from(entry.value),
        sealWrap: entry.sealWrap === true,
      });
      return Promise.resolve();
    },
    async delete(key, given: AbortOption = {}) {
      given.signal?.throwIfAborted();
      checkKey(key);
      const { folders, name } = split(key);
      bytes -= sizeOf(key, find(root, folders)?.entries.get(name));
      bytes -= remove(root, folders, name) * folderBytes;
      return Promise.resolve();
    },
  };
}

function newFolder(): Folder {
  return { entries: new Map(), folders: new Map() };
}

function split(key: string): { readonly folders: readonly string[]; readonly name: string } {
  const folders = key.split('/');
  return { name: folders.pop() ?? '', folders };
}

function find(root: Folder, folders: readonly string[]): Folder | undefined {
  return folders.reduce<Folder | undefined>((at, name) => at?.folders.get(name), root);
}

/** How many of the folders are not there. */
function missing(root: Folder, folders: readonly string[]): number {
  let at: Folder | undefined = root;
  for (const [index, name] of folders.entries()) {
    at = at.folders.get(name);
    if (at === undefined) return folders.length - index;
  }
  return 0;
}

function make(root: Folder, folders: readonly string[]): Folder {
  return folders.reduce((at, name) => {
    let next = at.folders.get(name);
    if (next === undefined) at.folders.set(name, (next = newFolder()));
    return next;
  }, root);
}

/** Removes the entry, and the folders in which nothing is left. @returns how many those are */
function remove(root: Folder, folders: readonly string[], entry: string): number {
  const way = [root];
  for (const name of folders) {
    const next = way.at(-1)?.folders.get(name);
    if (next === undefined) return 0;
    way.push(next);
  }
  way.at(-1)?.entries.delete(entry);
  for (let depth = folders.length; depth > 0; depth -= 1) {
    const at = way[depth];
    if (at === undefined || at.entries.size + at.folders.size > 0) return folders.length - depth;
    way[depth - 1]?.folders.delete(folders[depth - 1] ?? '');
  }
  return folders.length;
}
