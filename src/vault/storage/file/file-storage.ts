/** A storage of one encrypted file for each entry. */
import { opendir, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AbortOption } from '../../../abort.ts';
import { acquireClaim, deleteDurably, makeDurably, writeDurably } from '../../../catalog/internal.ts';
import { BulkheadError } from '../../../errors.ts';
import { describeForeign, whoMayChange } from '../../../linux/who-may-change.ts';
import {
  checkArgument,
  checkShape,
  required,
  shapeOf,
  signal,
  that,
} from '../../../settings/option-shape.ts';
import { userPath } from '../../../settings/user-path.ts';
import { VaultStorageError } from '../../errors.ts';
import { byBytes, checkKey, checkPrefix } from '../keys.ts';
import type { StorageEntry, VaultStorage } from '../storage.ts';
import { damaged, isAbsent, storageFailure } from './failure.ts';
import { Folders } from './folders.ts';
import { openHeader } from './header.ts';
import { entryPlace, folderPlace, foundAt } from './places.ts';
import { keyBytes, openEntry, sealEntry, type SealingKeys } from './sealing.ts';

export interface FileStorageOptions extends AbortOption {
  /** 32 random bytes. Whoever has them can read the storage; without them nobody can, and nothing brings it back. */
  readonly key: Uint8Array;
}

const fileStorageOptions = required(
  shapeOf<FileStorageOptions>({
    key: required(
      that(
        (value) => value instanceof Uint8Array && value.length === keyBytes,
        `must be a Uint8Array of ${keyBytes} bytes`,
      ),
    ),
    signal,
  }),
);

/** A storage on disk, which one process at a time has open. */
export interface FileStorage extends VaultStorage, AsyncDisposable {
  readonly directory: string;
  /** Waits for what is being read and written, and lets another process open the storage. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a storage on disk, or makes one in a directory that is empty or not there. Names and values are encrypted and
 * authenticated (AES-256-GCM, and AES-256 with a synthetic nonce for names). A write is durable when it resolves.
 *
 * @throws VaultStorageError `VAULT_STORAGE_WRONG_KEY`, `VAULT_STORAGE_IN_USE`, `VAULT_STORAGE_DAMAGED`,
 *   `VAULT_STORAGE_FAILED`; InvalidOptionError
 */
export async function openFileStorage(directory: string, options: FileStorageOptions): Promise<FileStorage> {
  checkArgument('openFileStorage', 'directory', userPath, directory);
  checkShape('openFileStorage', fileStorageOptions, options);
  options.signal?.throwIfAborted();
  const root = resolve(directory);
  try {
    await refuseForeign(root);
    await makeDurably(root);
    await refuseForeign(root);
    const release = await claim(root);
    try {
      const keys = await openHeader(root, options.key);
      await rm(join(root, unfinished), { recursive: true, force: true });
      await makeDurably(join(root, unfinished));
      return new FilesOfEntries(root, keys, release);
    } catch (error) {
      await release();
      throw error;
    }
  } catch (error) {
    throw storageFailure(root, error);
  }
}

const unfinished = 'unfinished';

class FilesOfEntries implements FileStorage {
  readonly directory: string;
  readonly #keys: SealingKeys;
  readonly #root: string;
  readonly #folders: Folders;
  readonly #release: () => Promise<void>;
  readonly #working = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(directory: string, keys: SealingKeys, release: () => Promise<void>) {
    this.directory = directory;
    this.#keys = keys;
    this.#root = join(directory, 'entries');
    this.#folders = new Folders(this.#root);
    this.#release = release;
  }

  list(prefix: string, options: AbortOption = {}): Promise<string[]> {
    return this.#work(options, this.#root, async () => {
      checkPrefix(prefix);
      const end = prefix.lastIndexOf('/') + 1;
      const [parent, begin] = [prefix.slice(0, end), prefix.slice(end)];
      const names: string[] = [];
      await this.#collect(folderPlace(this.#keys, this.#root, parent), parent, '', names);
      return names
        .filter((name) => name.startsWith(begin))
        .map((name) => name.slice(begin.length))
        .sort(byBytes);
    });
  }

  get(key: string, options: AbortOption = {}): Promise<StorageEntry | undefined> {
    return this.#work(options, key, async () => {
      checkKey(key);
      const { path } = entryPlace(this.#keys, this.#root, key);
      const bytes = await readFile(path).catch((error: unknown) => {
        if (isAbsent(error)) return undefined;
        throw error;
      });
      if (bytes === undefined) return undefined;
      const entry = openEntry(this.#keys, key, bytes);
      if (entry === undefined) throw damaged(path, 'was cut short or altered, or belongs to another entry');
      return entry;
    });
  }

  put(key: string, entry: StorageEntry, options: AbortOption = {}): Promise<void> {
    return this.#work(options, key, async () => {
      checkKey(key);
      const { folder, path } = entryPlace(this.#keys, this.#root, key);
      const bytes = sealEntry(this.#keys, key, entry);
      for (let attempt = 1; ; attempt += 1) {
        await this.#folders.make(folder);
        try {
          await writeDurably(path, bytes, { unfinishedIn: join(this.directory, unfinished) });
          return;
        } catch (error) {
          // A delete has removed the folder in the meantime, because it was empty.
          if (!isAbsent(error) || attempt === mostAttempts) throw error;
          await this.#folders.tidy(folder);
        }
      }
    });
  }

  delete(key: string, options: AbortOption = {}): Promise<void> {
    return this.#work(options, key, async () => {
      checkKey(key);
      const { folder, path } = entryPlace(this.#keys, this.#root, key);
      try {
        await deleteDurably(path);
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
      await this.#folders.tidy(folder);
    });
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#working).then(() => this.#release());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #collect(folder: string, parent: string, begin: string, names: string[]): Promise<void> {
    for (const fileName of await namesIn(folder)) {
      const found = foundAt(this.#keys, parent, begin, fileName);
      const path = join(folder, fileName);
      if (found === undefined) throw damaged(path, 'is no file of this storage, or was moved');
      if (found.kind === 'begin') await this.#collect(path, parent, begin + found.piece, names);
      else if (found.kind === 'entry') names.push(found.name);
      else if (await hasEntries(path)) names.push(`${found.name}/`);
    }
  }

  /** @throws the errors of the work; those of the system become errors of a storage at `place` */
  async #work<T>({ signal: ends }: AbortOption, place: string, work: () => Promise<T>): Promise<T> {
    ends?.throwIfAborted();
    if (this.#closing !== undefined) {
      throw new VaultStorageError(
        'VAULT_STORAGE_FAILED',
        this.directory,
        `the storage ${this.directory} is closed`,
      );
    }
    const working = work();
    this.#working.add(working);
    try {
      return await working;
    } catch (error) {
      throw storageFailure(place, error);
    } finally {
      this.#working.delete(working);
    }
  }
}

/** How often a write begins anew because its folder was removed. */
const mostAttempts = 10;

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Whether there is an entry below a folder: a crash can leave empty ones. */
async function hasEntries(folder: string): Promise<boolean> {
  try {
    for await (const entry of await opendir(folder)) {
      if (!entry.isDirectory() || (await hasEntries(join(folder, entry.name)))) return true;
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return false;
}

async function claim(root: string): Promise<() => Promise<void>> {
  try {
    return await acquireClaim(join(root, 'locks'), { waitMs: 200 });
  } catch (error) {
    if (!(error instanceof BulkheadError) || error.code !== 'CATALOG_LOCKED') throw error;
    throw new VaultStorageError(
      'VAULT_STORAGE_IN_USE',
      root,
      `the storage ${root} is open: ${error.message}`,
      {
        hint: 'One process at a time can use it. Close it there, or share the storage that is open.',
      },
    );
  }
}

/** @throws VaultStorageError where another user could exchange or delete the storage */
async function refuseForeign(root: string): Promise<void> {
  const { foreign } = await whoMayChange(root);
  if (foreign === undefined) return;
  throw new VaultStorageError(
    'VAULT_STORAGE_FAILED',
    root,
    `${root} is not used: ${describeForeign(foreign)}`,
    {
      hint: 'Choose a directory that only this user can change.',
    },
  );
}
