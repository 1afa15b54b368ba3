/** Writes files so that each is either the old one or the new one, whatever happens meanwhile. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Prefix of the name of a file that is being written. After a crash such a file belongs to nobody. */
export const unfinishedPrefix = '.unfinished-';

/**
 * Writes a temporary file, makes that durable, and puts it in the file's place. Rejects with the system's error.
 *
 * @param options.unfinishedIn the folder of the temporary file, which must be there and on the same file system;
 *   default: the folder of the file
 */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  options: { readonly unfinishedIn?: string } = {},
): Promise<void> {
  const folder = dirname(path);
  await makeDurably(folder);
  const unfinished = join(
    options.unfinishedIn ?? folder,
    `${unfinishedPrefix}${randomBytes(6).toString('hex')}`,
  );
  try {
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Deletes the file; resolves to whether it was there. */
export async function deleteDurably(path: string): Promise<boolean> {
  try {
    await rm(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  await syncFolder(dirname(path));
  return true;
}

/**
 * Makes a folder and its parents durable: each folder is an entry of its parent, so the parents of all that were made
 * are synced too.
 */
export async function makeDurably(folder: string): Promise<void> {
  const first = await makeFolder(folder);
  if (first === undefined) return;
  for (let made = folder; basename(made) !== '' && made.length >= first.length; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

/**
 * Makes a folder with its parents, for the owner only. Resolves to the first that had to be made. Rejects with the
 * system's error.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // On a read-only file system Node reports that the folder does not exist. Asked for this folder alone, it reports
    // the true cause.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') await mkdir(path, { mode: 0o700 });
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
