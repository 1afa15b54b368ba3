/** Remembers in a storage which uuid a path has, so that a mount finds its data again. */
import { randomUUID } from 'node:crypto';
import { KeyedLock } from '../../waiting/keyed-lock.ts';
import { VaultStorageError } from '../errors.ts';
import { isObject } from '../requests/raw-answer.ts';
import { StorageArea } from '../storage/area.ts';
import type { VaultStorage } from '../storage/storage.ts';
import { isUuid } from './uuid.ts';

/** All records, which are found by the paths of their mounts. */
export const recordsPrefix = 'core/mounts/';

/** What is kept of a mount. The command line keeps more fields; see kept/mount-table.ts. */
export interface MountRecord {
  readonly uuid: string;
  /** The mount is being made or erased. What is found so was interrupted, and its data belong to nobody. */
  readonly unfinished?: boolean | undefined;
}

const locks = new WeakMap<VaultStorage, KeyedLock>();

/** @throws VaultStorageError */
export async function uuidOf(storage: VaultStorage, path: string): Promise<string> {
  let lock = locks.get(storage);
  if (lock === undefined) locks.set(storage, (lock = new KeyedLock()));
  return lock.take(path, async () => {
    const record = await readRecord(storage, path);
    if (record !== undefined && record.unfinished !== true) return record.uuid;
    if (record !== undefined) await eraseMount(storage, path, record.uuid);
    const uuid = randomUUID();
    await writeRecord(storage, path, { uuid });
    return uuid;
  });
}

/**
 * Deletes what a mount has stored, and its record. If that is interrupted, the record says so.
 *
 * @throws VaultStorageError
 */
export async function eraseMount(storage: VaultStorage, path: string, uuid: string): Promise<void> {
  // A record that can't be read any more can be deleted all the same.
  const record = await readRecord(storage, path).catch(() => ({ uuid }));
  const isOurs = record?.uuid === uuid;
  if (isOurs) await writeRecord(storage, path, { uuid, unfinished: true });
  await new StorageArea(storage, `mounts/${uuid}/`).clear();
  if (isOurs) await storage.delete(recordKey(path));
}

/** @throws VaultStorageError `VAULT_STORAGE_DAMAGED` for something that is no record */
export async function readRecord(
  storage: VaultStorage,
  path: string,
): Promise<(MountRecord & Readonly<Record<string, unknown>>) | undefined> {
  const key = recordKey(path);
  const entry = await storage.get(key);
  if (entry === undefined) return undefined;
  try {
    const record: unknown = JSON.parse(Buffer.from(entry.value).toString('utf8'));
    if (isObject(record) && isUuid(record['uuid']))
      return { ...record, uuid: record['uuid'], unfinished: record['unfinished'] === true };
  } catch {
    // It is no JSON, which is said below.
  }
  throw new VaultStorageError('VAULT_STORAGE_DAMAGED', key, `the record of the mount ${key} can't be read`);
}

export function writeRecord(storage: VaultStorage, path: string, record: MountRecord): Promise<void> {
  return storage.put(recordKey(path), { value: Buffer.from(JSON.stringify(record)) });
}

function recordKey(path: string): string {
  return recordsPrefix + path.replace(/\/$/, '');
}
