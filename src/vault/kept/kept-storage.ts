/** The storage of the mounts that the command line keeps, in a directory of catalogs. */
import { lstat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AbortOption } from '../../abort.ts';
import { trustedPath, type TrustedDirectory } from '../../catalog/internal.ts';
import { BulkheadError } from '../../errors.ts';
import { openFileStorage, type FileStorage } from '../storage/file/file-storage.ts';
import { makeStorageKey, readStorageKey } from './storage-key.ts';

/** What is below the directory: the key, the storage, and the socket of a host that serves it. */
export function keptPlaces({ directory, trustedOwners }: TrustedDirectory): {
  readonly folder: TrustedDirectory;
  readonly key: string;
  readonly storage: string;
} {
  const folder = join(resolve(directory), 'vault');
  return {
    folder: { directory: folder, trustedOwners },
    key: join(folder, 'key'),
    storage: join(folder, 'storage'),
  };
}

export interface KeptStorageOptions extends AbortOption {
  /** The file with the key. Default: `vault/key` in the directory. */
  readonly keyFile?: string | undefined;
  /** Whether the storage and its key are made when neither is there. */
  readonly make: boolean;
}

/**
 * @returns `undefined` when there is no storage, and none is to be made
 * @throws StoreError `CATALOG_UNTRUSTED`; BulkheadError `FILE_UNUSABLE`; VaultStorageError
 */
export async function openKeptStorage(
  directory: TrustedDirectory,
  { keyFile, make, signal }: KeptStorageOptions,
): Promise<FileStorage | undefined> {
  const places = keptPlaces(directory);
  const isThere = (await trustedPath(directory, places.storage, make ? 'write' : 'read')) !== undefined;
  if (!isThere && !make) return undefined;
  const path = keyFile === undefined ? places.key : resolve(keyFile);
  const key =
    (await readStorageKey(path, directory.trustedOwners)) ??
    ((await hasHeader(places.storage)) ? undefined : await makeStorageKey(path, directory.trustedOwners));
  if (key === undefined) {
    throw new BulkheadError(
      'FILE_UNUSABLE',
      `the storage ${places.storage} has lost its key: there is no ${path}`,
      {
        hint: 'Put back the file that it was made with, or name it with -key_file. Nothing else brings the data back; nothing was changed.',
      },
    );
  }
  return openFileStorage(places.storage, { key, signal });
}

/** Whether a storage was made there. Then it has a key, and a new one would not fit. */
async function hasHeader(storage: string): Promise<boolean> {
  const found = await lstat(join(storage, 'storage.json')).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  return found !== undefined;
}
