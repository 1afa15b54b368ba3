/** Reads and writes files that the command line names. Errors name the file and say what to do. */
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { BulkheadError } from '../errors.ts';
import { beginsWithTilde, onlyShellsExpand } from '../settings/user-path.ts';
import { fileHints } from '../thrown-value.ts';

/** @throws BulkheadError `FILE_UNUSABLE` */
export async function readUserFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw unusable(path, 'read', error);
  });
}

/** A file to be written when the work is done, which may take minutes. */
export interface OutputFile {
  /** @throws BulkheadError `FILE_UNUSABLE`; a file that was not there before is removed again */
  write(text: string): Promise<void>;
  /** Removes the file if `openUserFile` created it. */
  abandon(): Promise<void>;
}

/** Checks that a file can be written before the work for it begins. @throws BulkheadError `FILE_UNUSABLE` */
export async function openUserFile(path: string): Promise<OutputFile> {
  let isNew = false;
  try {
    const file = await open(path, 'wx').then(
      (handle) => {
        isNew = true;
        return handle;
      },
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        return open(path, 'a');
      },
    );
    await file.close();
  } catch (error) {
    throw unusable(path, 'written', error);
  }
  const abandon = async () => {
    if (isNew) await rm(path, { force: true });
  };
  return {
    async write(text) {
      try {
        await writeFile(path, text);
      } catch (error) {
        await abandon();
        throw unusable(path, 'written', error);
      }
    },
    abandon,
  };
}

/** The error for a file: its name, and the reason that the system gives. */
export function unusable(path: string, done: 'read' | 'written', cause: unknown): BulkheadError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const reason = message.replace(/^[A-Z]+: /, '').replace(/, \w+( '.*')?$/, '');
  return new BulkheadError(
    'FILE_UNUSABLE',
    `${path} can't be ${done}: ${reason}${code === '' ? '' : ` (${code})`}`,
    { cause, hint: beginsWithTilde(path) ? `Write the path out: ${onlyShellsExpand}.` : fileHints[code] },
  );
}
