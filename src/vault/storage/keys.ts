/** Checks keys, which a hostile plugin chooses. */
import { VaultStorageError } from '../errors.ts';

/** Longest key in bytes. Vault's own storages allow 32 KiB (Vault: physical/raft). */
const longestKey = 32 * 1024;

/** @throws VaultStorageError `VAULT_STORAGE_KEY_INVALID` */
export function checkKey(key: string): void {
  if (key === '') throw invalid(key, 'is empty');
  checkPrefix(key);
}

/** Checks a prefix of keys, which may be empty. @throws VaultStorageError `VAULT_STORAGE_KEY_INVALID` */
export function checkPrefix(prefix: string): void {
  if (Buffer.byteLength(prefix) > longestKey) throw invalid(prefix, `is longer than ${longestKey} bytes`);
  if (prefix.includes('\0')) throw invalid(prefix, 'has a NUL character');
  if (/\p{Surrogate}/u.test(prefix)) throw invalid(prefix, 'has half of a surrogate pair');
  if (prefix.split('/').some((part) => part === '.' || part === '..'))
    throw invalid(prefix, 'has a part that is . or ..');
}

function invalid(key: string, why: string): VaultStorageError {
  const shown = JSON.stringify(key.length > 200 ? `${key.slice(0, 200)}...` : key);
  return new VaultStorageError('VAULT_STORAGE_KEY_INVALID', key, `the key ${shown} ${why}`);
}

/** Compares names by their bytes, as programs in Go sort them. */
export function byBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
