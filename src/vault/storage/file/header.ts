/** The file that makes a directory a storage: it has the id from which keys are derived, and tells a wrong key. */
import { randomUUID, timingSafeEqual } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../../catalog/internal.ts';
import { VaultStorageError } from '../../errors.ts';
import { sealingKeys, type SealingKeys } from './sealing.ts';

const fileName = 'storage.json';
const format = 1;

/** @throws VaultStorageError `VAULT_STORAGE_WRONG_KEY`, `VAULT_STORAGE_DAMAGED`; the error of the system */
export async function openHeader(directory: string, key: Uint8Array): Promise<SealingKeys> {
  const path = join(directory, fileName);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return create(directory, path, key);
  const { id, check } = parse(path, text);
  const keys = sealingKeys(key, id);
  const given = Buffer.from(check, 'hex');
  if (given.length !== keys.check.length || !timingSafeEqual(given, keys.check)) {
    throw new VaultStorageError(
      'VAULT_STORAGE_WRONG_KEY',
      directory,
      `the storage ${directory} was made with another key`,
      { hint: 'Give the key that it was made with, or another directory. Nothing in it was changed.' },
    );
  }
  return keys;
}

async function create(directory: string, path: string, key: Uint8Array): Promise<SealingKeys> {
  // A crash while this file was written may have left an unfinished one, whose name begins with a dot.
  const others = (await readdir(directory)).filter((name) => name !== 'locks' && !name.startsWith('.'));
  if (others.length > 0) {
    throw new VaultStorageError(
      'VAULT_STORAGE_DAMAGED',
      path,
      `${directory} has files, and no ${fileName}, so it is no storage or has lost it`,
      { hint: `Put back ${fileName}, without which nothing can be decrypted, or choose an empty directory.` },
    );
  }
  const id = randomUUID();
  const keys = sealingKeys(key, id);
  await writeDurably(path, `${JSON.stringify({ format, id, check: keys.check.toString('hex') })}\n`);
  return keys;
}

function parse(path: string, text: string): { readonly id: string; readonly check: string } {
  try {
    const header = JSON.parse(text) as { readonly format?: unknown; readonly id?: unknown; check?: unknown };
    if (header.format === format && typeof header.id === 'string' && typeof header.check === 'string')
      return { id: header.id, check: header.check };
  } catch {
    // It is no JSON, which is said below.
  }
  throw new VaultStorageError(
    'VAULT_STORAGE_DAMAGED',
    path,
    `${path} is damaged, or of a newer version of Bulkhead`,
    { hint: 'Put back the file that belongs there. Nothing in the storage was changed.' },
  );
}
