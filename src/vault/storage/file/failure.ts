import { BulkheadError } from '../../../errors.ts';
import { VaultStorageError } from '../../errors.ts';

const fullErrors: readonly string[] = ['ENOSPC', 'EDQUOT'];

/** Makes the error of a storage from one of the system. An error of Bulkhead is returned itself. */
export function storageFailure(place: string, error: unknown): BulkheadError {
  if (error instanceof BulkheadError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENAMETOOLONG') {
    return new VaultStorageError(
      'VAULT_STORAGE_KEY_INVALID',
      place,
      'the key is too long for a storage of files',
      {
        cause: error,
      },
    );
  }
  if (code !== undefined && fullErrors.includes(code)) {
    return new VaultStorageError('VAULT_STORAGE_FULL', place, `${place} can't be written: ${message}`, {
      cause: error,
      hint: 'Make room on that file system.',
    });
  }
  return new VaultStorageError('VAULT_STORAGE_FAILED', place, `${place} can't be used: ${message}`, {
    cause: error,
  });
}

export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code));
}

export function damaged(path: string, why: string): VaultStorageError {
  return new VaultStorageError('VAULT_STORAGE_DAMAGED', path, `${path} ${why}`, {
    hint: 'Put back the file from a backup, or delete it, which loses its entry. It was left as it is.',
  });
}
