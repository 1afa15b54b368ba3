/** Reads a small file of our own in a place where others may have put something of the same name. */
import { open } from 'node:fs/promises';
import type { HeldFolder } from './held-folder.ts';

/**
 * Reads the text of a regular file that has one name and belongs to this user. Anything else, such as a FIFO, a link, a
 * device or a large file, is neither opened for reading nor waited for.
 *
 * @returns `undefined` for anything but such a file. @throws the system's error, ENOENT when there is nothing
 */
export async function readOwnFile(
  folder: HeldFolder,
  name: string,
  mostBytes: number,
): Promise<string | undefined> {
  await using entry = await folder.entry(name);
  const { stats } = entry;
  if (!stats.isFile() || stats.uid !== process.geteuid?.() || stats.nlink !== 1) return undefined;
  if (stats.size > mostBytes) return undefined;
  await using file = await open(entry.path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(mostBytes + 1), 0, mostBytes + 1, 0);
  return bytesRead > mostBytes ? undefined : buffer.toString('utf8', 0, bytesRead);
}
