/** Files that are either the old one or the new one, whatever happens meanwhile. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Begins the name of a file that is being written; what is left of one by a crash is nobody's. */
export const unfinishedPrefix = '.unfinished-';

/** Writes beside the file, makes it durable, and puts it in the file's place. Rejects with the system's error. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await makeDurably(folder);
  const unfinished = join(folder, `${unfinishedPrefix}${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(text);
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

/** Resolves to whether the file was there. */
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

/** A folder is in its parent as a file is in its folder: the parents of all that were made are synced too. */
async function makeDurably(folder: string): Promise<void> {
  const first = await makeFolder(folder);
  if (first === undefined) return;
  for (let made = folder; basename(made) !== '' && made.length >= first.length; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

/** With its parents, for the owner only. Resolves to the first that had to be made. Rejects with the system's error. */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // For a read-only file system Node says that the folder does not exist. Asked for this one only, it tells the truth.
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
