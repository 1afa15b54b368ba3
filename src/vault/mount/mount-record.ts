/** Remembers in a storage which uuid a path has, so that a mount finds its data again. */
import { randomUUID } from 'node:crypto';
import { KeyedLock } from '../../waiting/keyed-lock.ts';
import { VaultStorageError } from '../errors.ts';
import { isObject } from '../requests/raw-answer.ts';
import type { VaultStorage } from '../storage/storage.ts';
import { isUuid } from './uuid.ts';

const locks = new WeakMap<VaultStorage, KeyedLock>();

/** @throws VaultStorageError */
export async function uuidOf(storage: VaultStorage, path: string): Promise<string> {
  let lock = locks.get(storage);
  if (lock === undefined) locks.set(storage, (lock = new KeyedLock()));
  return lock.take(path, async () => {
    const key = recordKey(path);
    const entry = await storage.get(key);
    if (entry !== undefined) return read(key, entry.value);
    const uuid = randomUUID();
    await storage.put(key, { value: Buffer.from(JSON.stringify({ uuid })) });
    return uuid;
  });
}

/** @throws VaultStorageError */
export function forgetUuid(storage: VaultStorage, path: string): Promise<void> {
  return storage.delete(recordKey(path));
}

function recordKey(path: string): string {
  return `core/mounts/${path.replace(/\/$/, '')}`;
}

function read(key: string, value: Uint8Array): string {
  try {
    const record: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
    if (isObject(record) && isUuid(record['uuid'])) return record['uuid'];
  } catch {
    // It is no JSON, which is said below.
  }
  throw new VaultStorageError('VAULT_STORAGE_DAMAGED', key, `the record of the mount ${key} can't be read`);
}
