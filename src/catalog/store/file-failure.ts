/** Turns failed system calls into errors of a store of files. */
import { fileHintOf } from '../../thrown-value.ts';
import { StoreError } from '../errors.ts';

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'The file system is full: make room, then try again. What was there before is unchanged.',
  EDQUOT: "The user's quota is used up: make room, then try again. What was there before is unchanged.",
  EROFS: 'The file system is mounted read-only: choose another directory, or mount it writable.',
  EACCES: 'This user may not read or write there: choose another directory, or change its owner.',
  EPERM: 'This user may not read or write there: choose another directory, or change its owner.',
  ENOTDIR: 'Part of the path is a file: choose another directory.',
  EEXIST: 'Part of the path is a file: choose another directory.',
  ENAMETOOLONG: 'The name of the entry is too long for the file system.',
  EISDIR: 'A folder is where the file of the entry belongs: remove it, or choose another directory.',
  ENOTEMPTY: 'A folder is where the file of the entry belongs: remove it, or choose another directory.',
};

/** Returns a function that rethrows an error as `CATALOG_UNWRITABLE`. */
export function unwritable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw failure('CATALOG_UNWRITABLE', path, "can't be written", cause);
  };
}

/** Returns a function that rethrows an error as `CATALOG_UNREADABLE`. */
export function unreadable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw failure('CATALOG_UNREADABLE', path, "can't be read", cause);
  };
}

export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(String((error as NodeJS.ErrnoException).code));
}

function failure(
  code: 'CATALOG_UNWRITABLE' | 'CATALOG_UNREADABLE',
  path: string,
  what: string,
  cause: unknown,
): StoreError {
  const errno = String((cause as NodeJS.ErrnoException).code);
  return new StoreError(code, path, `${path} ${what}: ${(cause as Error).message}`, {
    cause,
    hint: hints[errno] ?? fileHintOf(errno),
  });
}
