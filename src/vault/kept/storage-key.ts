/** The file that holds the key of a storage, as the command line uses it. */
import { randomBytes } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDurably, writeDurably } from '../../catalog/internal.ts';
import { BulkheadError } from '../../errors.ts';
import { describeForeign, whoMayChange } from '../../linux/who-may-change.ts';
import { keyBytes } from '../storage/file/sealing.ts';

/** @returns `undefined` when there is no such file. @throws BulkheadError `FILE_UNUSABLE` */
export async function readStorageKey(
  path: string,
  trusted: readonly number[],
): Promise<Uint8Array | undefined> {
  let file;
  try {
    const { foreign } = await whoMayChange(path, trusted);
    if (foreign !== undefined) throw unusable(path, `is not used: ${describeForeign(foreign)}`);
    file = await open(path, 'r');
  } catch (error) {
    if (error instanceof BulkheadError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(path, `can't be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size > longestFile) throw unusable(path, 'holds no key');
    if ((found.mode & 0o077) !== 0) {
      throw unusable(path, 'holds a key, and others than its owner may use the file', {
        hint: `Whoever can read it can read the storage: chmod 600 ${path}`,
      });
    }
    return keyOf(path, await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

/**
 * Makes a file with a new key, which only its owner can read. If another process makes it at the same time, that one's
 * key is returned.
 *
 * @throws BulkheadError `FILE_UNUSABLE`
 */
export async function makeStorageKey(path: string, trusted: readonly number[]): Promise<Uint8Array> {
  const made = join(dirname(path), `.unfinished-${randomBytes(6).toString('hex')}`);
  try {
    await makeDurably(dirname(path));
    await writeDurably(made, `${randomBytes(keyBytes).toString('hex')}\n`);
    try {
      // A link appears at once and whole, and never takes the place of a key that is there.
      await link(made, path).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      });
    } finally {
      await rm(made, { force: true });
    }
    const folder = await open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    throw unusable(path, `can't be made: ${(error as Error).message}`, { cause: error });
  }
  const key = await readStorageKey(path, trusted);
  if (key === undefined) throw unusable(path, 'was removed again');
  return key;
}

/** A key takes 64 bytes as text. */
const longestFile = 1024;

function keyOf(path: string, text: string): Uint8Array {
  const written = text.trim();
  if (/^[0-9a-f]{64}$/i.test(written)) return Buffer.from(written, 'hex');
  if (/^[A-Za-z0-9+/]{43}=$/.test(written)) return Buffer.from(written, 'base64');
  throw unusable(path, `holds no key: a key is ${keyBytes} bytes, in hexadecimal digits or base64`);
}

function unusable(
  path: string,
  what: string,
  options: { readonly cause?: unknown; readonly hint?: string } = {},
): BulkheadError {
  return new BulkheadError('FILE_UNUSABLE', `the key file ${path} ${what}`, {
    hint: 'Name another file with -key_file or BULKHEAD_STORAGE_KEY_FILE.',
    ...options,
  });
}
