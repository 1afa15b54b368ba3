/** The mounts that a storage keeps between two runs of a program: under which path, of which plugin, set up with what. */
import { randomUUID } from 'node:crypto';
import { BulkheadError, InvalidOptionError } from '../../errors.ts';
import { someOf } from '../../foreign-text.ts';
import { VaultStorageError } from '../errors.ts';
import { accessorOf } from '../mount/mount-options.ts';
import { eraseMount, readRecord, recordsPrefix, writeRecord } from '../mount/mount-record.ts';
import { isObject } from '../requests/raw-answer.ts';
import type { VaultStorage } from '../storage/storage.ts';

export interface KeptMount {
  /** With a slash at the end, and `auth/` in front for auth methods. */
  readonly path: string;
  readonly uuid: string;
  readonly accessor: string;
  readonly type: 'secret' | 'auth';
  /** Name under which the plugin is registered. */
  readonly name: string;
  /** The version that was asked for; empty for the pinned or the newest one. */
  readonly version: string;
  readonly config: Readonly<Record<string, string>>;
  readonly description: string;
  readonly tuning?: MountTuning | undefined;
}

/** What a mount may have beside its plugin's own options. */
export interface MountTuning {
  /** In milliseconds, as all times here. */
  readonly defaultLeaseTtlMs?: number | undefined;
  readonly maxLeaseTtlMs?: number | undefined;
  /** Names of the headers of requests that the plugin gets. */
  readonly passthroughRequestHeaders?: readonly string[] | undefined;
  /** Names of the headers that the plugin may set in answers. */
  readonly allowedResponseHeaders?: readonly string[] | undefined;
}

/** What of a mount can be changed while it is there. */
export type MountChanges = Partial<Pick<KeptMount, 'version' | 'config' | 'description' | 'tuning'>>;

export type WantedMount = Omit<KeptMount, 'uuid' | 'accessor'>;

/** Paths that are no secrets engine's in Vault (Vault: vault/mount.go). */
const reserved: readonly string[] = ['auth', 'sys', 'cubbyhole', 'identity'];

export class MountTable {
  readonly #storage: VaultStorage;
  readonly #mounts = new Map<string, KeptMount>();
  /** Paths at which a mount is being made. */
  readonly #making = new Set<string>();

  private constructor(storage: VaultStorage) {
    this.#storage = storage;
  }

  /** Reads the table, and erases mounts whose making or erasing was interrupted. @throws VaultStorageError */
  static async open(storage: VaultStorage): Promise<MountTable> {
    const table = new MountTable(storage);
    for (const path of await recordedPaths(storage)) {
      const record = await readRecord(storage, path);
      if (record?.unfinished === true) await eraseMount(storage, path, record.uuid);
      else if (record !== undefined) table.#mounts.set(`${path}/`, keptMount(`${path}/`, record));
    }
    return table;
  }

  list(): KeptMount[] {
    return [...this.#mounts.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  get(path: string): KeptMount | undefined {
    return this.#mounts.get(path);
  }

  /** Finds the mount that a path leads to. @throws BulkheadError `VAULT_MOUNT_NOT_FOUND` */
  route(path: string): { readonly mount: KeptMount; readonly rest: string } {
    const asked = path.endsWith('/') ? path : `${path}/`;
    const mount = this.list().find((each) => asked.startsWith(each.path));
    if (mount !== undefined) return { mount, rest: path.slice(mount.path.length) };
    throw this.unknown(path);
  }

  unknown(path: string): BulkheadError {
    const paths = this.list().map((each) => each.path);
    return new BulkheadError('VAULT_MOUNT_NOT_FOUND', `nothing is mounted at the path ${path}`, {
      hint:
        paths.length === 0
          ? 'Nothing is mounted at all yet: bulkhead secret enable TYPE, or bulkhead auth enable TYPE.'
          : `There are ${someOf(paths)}.`,
    });
  }

  /**
   * Keeps a mount once `work` has set it up. If that fails or the process ends meanwhile, nothing is left of it.
   *
   * @throws BulkheadError `VAULT_PATH_IN_USE`; VaultStorageError; what `work` throws
   */
  async make<T>(wanted: WantedMount, work: (mount: KeptMount) => Promise<T>): Promise<T> {
    const { path } = wanted;
    this.#refuseTaken(wanted);
    this.#making.add(path);
    const uuid = randomUUID();
    const mount = { ...wanted, uuid, accessor: accessorOf(wanted.type, uuid) };
    try {
      await writeRecord(this.#storage, path, { uuid, unfinished: true });
      try {
        const made = await work(mount);
        await writeRecord(this.#storage, path, mount);
        this.#mounts.set(path, mount);
        return made;
      } catch (error) {
        // What can't be erased now is erased when the table is opened again.
        await eraseMount(this.#storage, path, uuid).catch(() => undefined);
        throw error;
      }
    } finally {
      this.#making.delete(path);
    }
  }

  /** Keeps the changes of a mount. @throws VaultStorageError, and then nothing has changed */
  async change(mount: KeptMount, changes: MountChanges): Promise<KeptMount> {
    const changed = { ...mount, ...changes };
    await writeRecord(this.#storage, mount.path, changed);
    this.#mounts.set(mount.path, changed);
    return changed;
  }

  /** Forgets a mount that has been destroyed. */
  forget({ path }: KeptMount): void {
    this.#mounts.delete(path);
  }

  /** Deletes a mount with its data, without asking its plugin. @throws VaultStorageError */
  async erase(mount: KeptMount): Promise<void> {
    await eraseMount(this.#storage, mount.path, mount.uuid);
    this.forget(mount);
  }

  #refuseTaken({ path, type }: WantedMount): void {
    const first = path.slice(0, path.indexOf('/'));
    if (type === 'secret' && reserved.includes(first))
      throw new InvalidOptionError('path', `must not be below ${first}/, which is reserved as in Vault`);
    const taken = [...this.#mounts.keys(), ...this.#making].find(
      (each) => each.startsWith(path) || path.startsWith(each),
    );
    if (taken === undefined) return;
    throw new BulkheadError('VAULT_PATH_IN_USE', `the path ${path} is in use: ${taken} is mounted`, {
      hint: 'Choose another path, or disable that mount first, which deletes its data.',
    });
  }
}

/** The paths of all records, without a slash at the end. */
async function recordedPaths(storage: VaultStorage): Promise<string[]> {
  const paths: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await storage.list(recordsPrefix + folder)) {
      if (name.endsWith('/')) folders.push(folder + name);
      else paths.push(folder + name);
    }
  }
  return paths;
}

/** @throws VaultStorageError for the record of a mount that somebody else has made, which says too little */
function keptMount(path: string, record: Readonly<Record<string, unknown>> & { uuid: string }): KeptMount {
  const { uuid, type, name, version, config, description, tuning } = record;
  if ((type === 'secret' || type === 'auth') && typeof name === 'string') {
    return {
      path,
      uuid,
      accessor: accessorOf(type, uuid),
      type,
      name,
      version: typeof version === 'string' ? version : '',
      config: isObject(config) ? (config as Record<string, string>) : {},
      description: typeof description === 'string' ? description : '',
      ...(isObject(tuning) && { tuning }),
    };
  }
  throw new VaultStorageError(
    'VAULT_STORAGE_DAMAGED',
    path,
    `the record of the mount ${path} lacks its plugin`,
    {
      hint: 'A program that uses this storage itself has made it. Use another storage for that program.',
    },
  );
}
