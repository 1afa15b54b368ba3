import { lstat, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readBoundedFile } from '../../linux/bounded-file.ts';
import { InvalidOptionError } from '../../errors.ts';
import {
  checkArgument,
  checkShape,
  listOf,
  milliseconds,
  shapeOf,
  wholeNumber,
} from '../../settings/option-shape.ts';
import { acquireClaim } from './claim-lock.ts';
import { deleteDurably, unfinishedPrefix, writeDurably } from './durable-write.ts';
import { isErrno, unreadable, unwritable } from './file-failure.ts';
import { userPath } from '../../settings/user-path.ts';
import type { CatalogStore, DocumentKey, StrangeThing } from './store.ts';
import { trustedPath } from './trusted-path.ts';
import { KeyedLock } from '../../waiting/keyed-lock.ts';

export interface FileStoreOptions {
  /** How long to wait for other holders of the lock, in milliseconds. Default: 30000. */
  readonly lockWaitMs?: number | undefined;
  /**
   * Ids of users, besides this one and root, who may own the directory, what is in it and the folders above it. The
   * owner of a catalog decides what runs. Default: none.
   */
  readonly trustedOwners?: readonly number[] | undefined;
}

const storeOptions = shapeOf<FileStoreOptions>({
  lockWaitMs: milliseconds,
  trustedOwners: listOf(wholeNumber(0)),
});

const ending = '.json';
/** Age in milliseconds after which an unfinished file counts as abandoned. */
const unfinishedMs = 60_000;
/** Longest file name that most file systems accept. */
const longestFileName = 255;
/** Longest document that is read, in bytes. No entry comes near it. */
const longestDocument = 16 * 1024 * 1024;

/**
 * A store of one file per document below `directory`, on a file system of this machine. The directory is made with the
 * first document, for its owner's eyes only. Its files may be read and, with care, edited.
 *
 * Files that another user could have put there are neither read nor written: every operation refuses it with the
 * StoreError `CATALOG_UNTRUSTED`.
 */
export function fileStore(directory: string, options: FileStoreOptions = {}): CatalogStore {
  checkArgument('fileStore', 'directory', userPath, directory);
  checkShape('fileStore', storeOptions, options);
  const root = resolve(directory, 'catalog');
  const locks = resolve(directory, 'locks');
  const trust = { directory: resolve(directory), trustedOwners: options.trustedOwners ?? [] };
  const lock = new KeyedLock();
  let tidy = false;
  const place = (key: DocumentKey): string => `${join(root, ...key.map(toFileName))}${ending}`;
  return {
    place,
    async get(key) {
      const path = place(key);
      const real = await trustedPath(trust, path, 'read');
      if (real === undefined) return undefined;
      try {
        return (await readBoundedFile(real, { mostBytes: longestDocument })).toString('utf8');
      } catch (error) {
        return isErrno(error, 'ENOENT', 'ENOTDIR') ? undefined : unreadable(path)(error);
      }
    },
    async list(prefix) {
      const found: Found = { keys: [], strange: [] };
      const folder = join(root, ...prefix.map(toFileName));
      if ((await trustedPath(trust, folder, 'read')) !== undefined) await listFolder(folder, prefix, found);
      return found;
    },
    async put(key, document) {
      const path = place(key);
      await trustedPath(trust, path, 'write');
      await writeDurably(path, document).catch(unwritable(path));
    },
    async delete(key) {
      const path = place(key);
      await trustedPath(trust, path, 'write');
      return deleteDurably(path).catch(unwritable(path));
    },
    exclusively: (work, { signal } = {}) =>
      lock.take(
        'all',
        async () => {
          await trustedPath(trust, locks, 'write');
          const release = await acquireClaim(locks, { signal, waitMs: options.lockWaitMs });
          try {
            await trustedPath(trust, locks, 'write'); // another user may have made it meanwhile
            await trustedPath(trust, root, 'write');
            if (!tidy) await removeUnfinished(root);
            tidy = true;
            return await work();
          } finally {
            await release();
          }
        },
        { signal },
      ),
  };
}

interface Found {
  readonly keys: DocumentKey[];
  readonly strange: StrangeThing[];
}

async function listFolder(folder: string, key: DocumentKey, found: Found): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) =>
    isErrno(error, 'ENOENT') ? [] : unreadable(folder)(error),
  );
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(unfinishedPrefix)) continue;
    const text = entry.isDirectory() ? entry.name : entry.name.slice(0, -ending.length);
    const part = fromFileName(text);
    if (entry.isDirectory() && part !== undefined) await listFolder(path, [...key, part], found);
    else if (entry.isFile() && entry.name.endsWith(ending) && part !== undefined)
      found.keys.push([...key, part]);
    else found.strange.push({ place: path, reason: 'is not a file of the catalog' });
  }
}

/** Writes slashes, leading points and other characters that file names can't have as `%` and two digits, as in URLs. */
function toFileName(part: string): string {
  const name = encodeURIComponent(part).replace(/^\./, '%2E');
  if (name === '' || name.length + ending.length > longestFileName) {
    throw new InvalidOptionError('name', `${JSON.stringify(part)} can't be the name of a file`);
  }
  return name;
}

/** Returns `undefined` for a name that no document has. */
function fromFileName(name: string): string | undefined {
  try {
    const part = decodeURIComponent(name);
    return part !== '' && toFileName(part) === name ? part : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the unfinished files of writers that crashed. */
async function removeUnfinished(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.startsWith(unfinishedPrefix)) continue;
    const path = join(entry.parentPath, entry.name);
    const made = await lstat(path).catch(() => undefined);
    if (made !== undefined && Date.now() - made.mtimeMs > unfinishedMs) await rm(path, { force: true });
  }
}
