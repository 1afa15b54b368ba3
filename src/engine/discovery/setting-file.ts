import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';

/** A file of settings is some kilobytes; more is not read. */
const mostBytes = 1024 * 1024;

/** Why a file is not taken for one of this user's settings. */
export class UnusableSettingFile extends Error {}

/**
 * Reads a file of the user's settings as text; `undefined` where there is none, or none that this user may read.
 *
 * The path comes from variables that another user may have set (`HOME` under sudo): a file that belongs to neither this
 * user nor root is not believed, and what is no regular file is not waited for.
 *
 * @throws UnusableSettingFile saying why
 */
export async function readSettingFile(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile()) throw new UnusableSettingFile('it is no regular file');
    if (!isOwnOrRoots(found)) throw new UnusableSettingFile(`it belongs to user ${found.uid}`);
    if (found.size > mostBytes) throw new UnusableSettingFile(`it has ${found.size} bytes`);
    return await file.readFile('utf8');
  } catch (error) {
    if (error instanceof UnusableSettingFile) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(code ?? '')) return undefined;
    throw new UnusableSettingFile(message, { cause: error });
  }
}

/** Whether whoever owns a file may decide for this process. */
export function isOwnOrRoots({ uid }: Pick<Stats, 'uid'>): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
