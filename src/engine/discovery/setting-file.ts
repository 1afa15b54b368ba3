import type { Stats } from 'node:fs';
import { readBoundedFile } from '../../linux/bounded-file.ts';

/** A settings file has some kilobytes; a longer one is not read. */
const mostBytes = 1024 * 1024;

/**
 * Reads a file of the user's settings as text. Returns `undefined` where there is none.
 *
 * The path comes from variables that another user may have set (`HOME` under sudo): a file that belongs to neither this
 * user nor root is not believed, and anything but a regular file is not waited for.
 *
 * @throws UnusableFile saying why; the system's error
 */
export async function readSettingFile(path: string): Promise<string | undefined> {
  try {
    const bytes = await readBoundedFile(path, {
      mostBytes,
      followLinks: true,
      problem: (found) => (isOwnOrRoots(found) ? undefined : `it belongs to user ${found.uid}`),
    });
    return bytes.toString('utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Whether the owner of a file may decide for this process. */
export function isOwnOrRoots({ uid }: Pick<Stats, 'uid'>): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
