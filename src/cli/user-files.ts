/**
 * Reads and writes files that the command line names. Errors name the file and say what to do. What is written appears
 * as a whole or not at all, so that nobody finds an empty or half report. A file that can't be replaced is written in
 * place, and a full disk can leave it cut: a device, a pipe, a file with several names or of another owner, and one that
 * is a mount of its own.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  access,
  copyFile,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  type FileHandle,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BulkheadError } from '../errors.ts';
import { beginsWithTilde, onlyShellsExpand } from '../settings/user-path.ts';
import { fileHintOf } from '../thrown-value.ts';

/** @throws BulkheadError `FILE_UNUSABLE` */
export async function readUserFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw unusable(path, 'read', error);
  });
}

/** A file to be written when the work is done, which may take minutes. */
export interface OutputFile {
  /** @throws BulkheadError `FILE_UNUSABLE`; then what was there before is unchanged, if it could be replaced */
  write(text: string): Promise<void>;
}

/** Checks that a file can be written before the work for it begins. @throws BulkheadError `FILE_UNUSABLE` */
export async function openUserFile(path: string): Promise<OutputFile> {
  try {
    const place = await placeOf(path);
    if (place.replaced) {
      const unfinished = await createBeside(place.path);
      await unfinished.handle.close();
      await rm(unfinished.path, { force: true });
    } else {
      await access(place.path, constants.W_OK);
    }
  } catch (error) {
    throw unusable(path, 'written', error);
  }
  return { write: (text) => writeUserFile(path, text) };
}

/** @throws BulkheadError `FILE_UNUSABLE`; then what was there before is unchanged, if it could be replaced */
export async function writeUserFile(path: string, text: string): Promise<void> {
  await writeUserStream(path, [text]);
}

/**
 * Writes a file from pieces of unknown size.
 *
 * @throws BulkheadError `FILE_UNUSABLE`; what the source throws; the reason of the signal. Then what was there before
 *   is unchanged, if it could be replaced
 */
export async function writeUserStream(
  path: string,
  source: Iterable<string> | AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const onFile = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw unusable(path, 'written', error);
    });
  const place = await onFile(placeOf(path));
  if (!place.replaced) {
    const handle = await onFile(open(place.path, 'w'));
    try {
      await writePieces(handle, source, onFile, signal);
    } finally {
      await onFile(handle.close());
    }
    return;
  }
  const unfinished = await onFile(createBeside(place.path));
  try {
    try {
      await writePieces(unfinished.handle, source, onFile, signal);
      if (place.mode !== undefined) await onFile(unfinished.handle.chmod(place.mode));
      await onFile(unfinished.handle.sync());
    } finally {
      await onFile(unfinished.handle.close());
    }
    await onFile(takePlace(unfinished.path, place.path));
  } catch (error) {
    await rm(unfinished.path, { force: true });
    throw error;
  }
}

/** Puts a finished file in the place of another. One that is a mount of its own, as in a container, is written where it is. */
async function takePlace(finished: string, path: string): Promise<void> {
  try {
    await rename(finished, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EBUSY' && code !== 'EXDEV') throw error;
    await copyFile(finished, path);
    await rm(finished, { force: true });
  }
}

async function writePieces(
  handle: FileHandle,
  source: Iterable<string> | AsyncIterable<Uint8Array>,
  onFile: <T>(work: Promise<T>) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const piece of source) {
    signal?.throwIfAborted();
    await onFile(handle.appendFile(piece));
  }
}

interface Place {
  readonly path: string;
  /** Whether a new file takes the place of this one. It does not for devices, pipes, and files that others share. */
  readonly replaced: boolean;
  /** Permissions of the file that is there. */
  readonly mode?: number;
}

/** Where to write for a path. A link stays, and the file that it leads to is written. */
async function placeOf(path: string): Promise<Place> {
  const found = await stat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  });
  if (found === undefined) return { path, replaced: true };
  if (found.isDirectory()) await (await open(path, 'r+')).close(); // which fails with the system's own error
  if (!found.isFile() || /^\/(?:dev|proc)\//.test(path)) return { path, replaced: false };
  await access(path, constants.W_OK); // what may not be changed may not be replaced either
  const isOwn = found.nlink === 1 && found.uid === process.geteuid?.();
  return { path: await realpath(path), replaced: isOwn, mode: found.mode & 0o7777 };
}

async function createBeside(path: string): Promise<{ readonly path: string; readonly handle: FileHandle }> {
  const name = `.${basename(path).slice(0, 100)}.unfinished-${randomBytes(6).toString('hex')}`;
  const unfinished = join(dirname(path), name);
  return { path: unfinished, handle: await open(unfinished, 'wx') };
}

/** The error for a file: its name, and the reason that the system gives. */
export function unusable(path: string, done: 'read' | 'written', cause: unknown): BulkheadError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const reason = message.replace(/^[A-Z0-9]+: /, '').replace(/, \w+( '.*')?$/, '');
  return new BulkheadError(
    'FILE_UNUSABLE',
    `${path} can't be ${done}: ${reason}${code === '' ? '' : ` (${code})`}`,
    { cause, hint: beginsWithTilde(path) ? `Write the path out: ${onlyShellsExpand}.` : fileHintOf(code) },
  );
}
