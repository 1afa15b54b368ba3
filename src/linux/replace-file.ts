/**
 * Replaces a settings file that other programs read: as a whole or not at all, with a copy of what it was, and only
 * where it is certain that it is that file and this user's to change.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BulkheadError } from '../errors.ts';
import { describeForeign, whoMayChange } from './who-may-change.ts';

const mostBytes = 1024 * 1024;
const readOnly = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | constants.O_NOFOLLOW;

/**
 * Reads a file that is to be replaced.
 *
 * @returns `undefined` where there is none
 * @throws BulkheadError `FILE_UNUSABLE` for a link, a file that is none, has several names, is of another user or too long
 */
export async function readReplaceable(path: string): Promise<string | undefined> {
  return (await look(path))?.text;
}

/**
 * Writes the file anew, with the owner and the mode that it had.
 *
 * @param before what was read; where it is something else by now, nothing is written
 * @returns the path of the copy; `undefined` where there was no file
 * @throws BulkheadError `FILE_UNUSABLE`; then the file is as it was
 */
export async function replaceFile(
  path: string,
  before: string | undefined,
  after: string,
): Promise<string | undefined> {
  try {
    await refuseForeign(path);
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    if ((await realpath(dirname(path))) !== dirname(path)) throw unusable(path, 'is reached through a link');
    const found = await look(path);
    if (found?.text !== before) throw unusable(path, 'was changed meanwhile');
    const unfinished = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(after);
      if (found !== undefined) await file.chown(found.uid, found.gid);
      await file.chmod(found?.mode ?? 0o644);
      await file.sync();
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    try {
      const copy = found === undefined ? undefined : await keepCopy(path);
      await rename(unfinished, path);
      return copy;
    } finally {
      await rm(unfinished, { force: true });
    }
  } catch (error) {
    if (error instanceof BulkheadError) throw error;
    throw unusable(path, `can't be written: ${(error as Error).message}`, error);
  }
}

interface Found {
  readonly text: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

async function look(path: string): Promise<Found | undefined> {
  try {
    const entry = await lstat(path);
    if (entry.isSymbolicLink()) throw unusable(path, 'is a link');
    if (!entry.isFile()) throw unusable(path, 'is no file');
    await using file = await open(path, readOnly);
    const stats = await file.stat();
    if (!stats.isFile() || stats.nlink !== 1) throw unusable(path, 'has several names');
    if (stats.uid !== process.geteuid?.()) throw unusable(path, `belongs to user ${stats.uid}`);
    if (stats.size > mostBytes) throw unusable(path, `is longer than ${mostBytes} bytes`);
    const bytes = await file.readFile();
    const text = bytes.toString('utf8');
    if (!Buffer.from(text).equals(bytes)) throw unusable(path, 'is no text in UTF-8');
    return { text, uid: stats.uid, gid: stats.gid, mode: stats.mode & 0o777 };
  } catch (error) {
    if (error instanceof BulkheadError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unusable(path, `can't be read: ${message}`, error);
  }
}

/** Refuses a place on the way that somebody else may change: the file may be another then. */
async function refuseForeign(path: string): Promise<void> {
  const { foreign } = await whoMayChange(path);
  if (foreign !== undefined) throw unusable(path, `is not safe to change: ${describeForeign(foreign)}`);
}

/** Keeps the file under a name beside it, which nothing else has. */
async function keepCopy(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const copy = `${path}.before-bulkhead${number === 1 ? '' : `-${number}`}`;
    try {
      await link(path, copy);
      return copy;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function unusable(path: string, what: string, cause?: unknown): BulkheadError {
  return new BulkheadError('FILE_UNUSABLE', `${path} ${what}, so it is left as it is`, {
    hint: 'Make the change by hand, as its owner.',
    ...(cause !== undefined && { cause }),
  });
}
