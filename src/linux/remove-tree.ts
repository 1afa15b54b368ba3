/**
 * Removes a folder into which others, such as a plugin, could write. No link is followed and no mount entered. Names
 * may be any bytes, trees may have any depth, and neither memory nor descriptors grow with what is there.
 */
import { randomBytes } from 'node:crypto';
import { chmod, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, basename } from 'node:path';
import { BulkheadError, nameErrorClass } from '../errors.ts';
import { errnoOf, ForeignMountError, HeldFolder, isSameMount, type EntryName } from './held-folder.ts';
import { unmountOwn } from './small-mount.ts';

/** How many names are read at a time. */
const namesAtATime = 1024;
/** How many names are unlinked at the same time: one after the other takes ten times as long on a busy machine. */
const unlinkedTogether = 64;
/** Most entries that are removed in one go, so that whoever made them can't keep this process busy for ever. */
export const mostEntries = 1_000_000;
/** Longest time of one removal, in milliseconds, because new entries may be made all the time. */
const longestRemovalMs = 120_000;

/** How much of a removal is done. */
interface Progress {
  /** Number of entries removed, and of attempts that failed because somebody made something new meanwhile. */
  steps: number;
  readonly late: number;
}

/** A folder, or something in it, could not be removed. The error says what and why. */
export class FolderNotRemovedError extends BulkheadError {
  static {
    nameErrorClass(this, 'FolderNotRemovedError');
  }

  readonly path: string;

  constructor(path: string, why: string, options: { cause?: unknown } = {}) {
    super('CLEANUP_FAILED', `${path} could not be removed: ${why}`, {
      hint: 'Remove it by hand, as root if a user of a container owns what is in it.',
      ...options,
    });
    this.path = path;
  }
}

/**
 * Removes the folder at a path whose parent is trusted. A folder that is not there counts as removed. @throws
 * FolderNotRemovedError
 */
export async function removeFolder(path: string): Promise<void> {
  try {
    await using parent = await HeldFolder.open(dirname(path), { follow: true });
    await removeFolderIn(parent, basename(path));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw asNotRemoved(path, error);
  }
}

/**
 * Removes a folder of this user in `parent` with everything in it, whoever made that. A folder that is not there counts
 * as removed.
 *
 * @throws FolderNotRemovedError when the folder belongs to another user, or something in it can't be removed
 */
export async function removeFolderIn(parent: HeldFolder, name: string): Promise<void> {
  const path = `${parent.path}/${name}`;
  try {
    await unmountOwn(parent, name);
    await using folder = await open(parent, name);
    const { uid, dev, ino } = await folder.stat();
    if (uid !== process.geteuid?.()) throw new FolderNotRemovedError(path, `it belongs to user ${uid}`);
    const progress = { steps: 0, late: performance.now() + longestRemovalMs };
    do {
      await empty(folder, progress);
      const there = await parent.lstat(name);
      if (there.dev !== dev || there.ino !== ino) throw new FolderNotRemovedError(path, 'it was replaced');
    } while (!(await removeEmpty(parent, name, progress)));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw asNotRemoved(path, error);
  }
}

/**
 * Empties the folder. The folders in it are moved up into it before they are emptied, so that depth does not matter.
 */
async function empty(top: HeldFolder, progress: Progress): Promise<void> {
  for (;;) {
    const names = await top.names(namesAtATime);
    if (names.length === 0) return;
    // Checked only now, because a removal that took long and is done is not a failure.
    const why = whyNoFurther(progress);
    if (why !== undefined) throw new FolderNotRemovedError(top.path, why);
    await removeAll(top, top, names, progress);
  }
}

function whyNoFurther({ steps, late }: Progress): string | undefined {
  if (steps > mostEntries) return `it has more than ${mostEntries} entries`;
  return performance.now() > late ? 'it took too long' : undefined;
}

/** @throws the first failure, when nothing at all could be removed */
async function removeAll(
  top: HeldFolder,
  folder: HeldFolder,
  names: readonly EntryName[],
  progress: Progress,
): Promise<void> {
  const before = progress.steps;
  let failure: unknown;
  for (let start = 0; start < names.length; start += unlinkedTogether) {
    const some = names.slice(start, start + unlinkedTogether);
    const ends = await Promise.allSettled(some.map((name) => unlink(folder.at(name))));
    for (const [index, end] of ends.entries()) {
      try {
        if (end.status === 'rejected')
          await removeRefused(top, folder, some[index] ?? '', end.reason, progress);
        else progress.steps += 1;
      } catch (error) {
        // Another process removed it first.
        if (errnoOf(error) === 'ENOENT') progress.steps += 1;
        else failure ??= error;
      }
    }
  }
  if (progress.steps === before) throw asNotRemoved(folder.path, failure);
}

/** Removes what could not be unlinked, if it is a folder. */
async function removeRefused(
  top: HeldFolder,
  parent: HeldFolder,
  name: EntryName,
  refused: unknown,
  progress: Progress,
): Promise<void> {
  // For a folder Linux answers EISDIR, POSIX EPERM.
  if (!['EISDIR', 'EPERM'].includes(errnoOf(refused) ?? '')) throw refused;
  try {
    await rmdir(parent.at(name));
    progress.steps += 1;
    return;
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') throw refused;
    if (errnoOf(error) === 'EBUSY') {
      await unmountOwn(parent, name);
      await rmdir(parent.at(name));
      progress.steps += 1;
      return;
    }
    if (!isNotEmpty(error)) throw error;
  }
  if (parent !== top) {
    await makeOwnPassable(parent, name);
    await rename(parent.at(name), top.at(`.${randomBytes(12).toString('hex')}`));
    progress.steps += 1;
    return;
  }
  {
    await using folder = await open(top, name);
    for (;;) {
      const names = await folder.names(namesAtATime);
      if (names.length === 0) break;
      if (whyNoFurther(progress) !== undefined) return; // the caller that finds it still there reports it
      await removeAll(top, folder, names, progress);
    }
  }
  await removeEmpty(top, name, progress);
}

/** @returns false when somebody has put something into it meanwhile, so that it has to be emptied again */
async function removeEmpty(parent: HeldFolder, name: EntryName, progress: Progress): Promise<boolean> {
  try {
    await rmdir(parent.at(name));
    progress.steps += 1;
    return true;
  } catch (error) {
    if (!isNotEmpty(error)) throw error;
    progress.steps += 1;
    return false;
  }
}

function isNotEmpty(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '');
}

async function open(parent: HeldFolder, name: EntryName): Promise<HeldFolder> {
  try {
    return await parent.folder(name);
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error;
    await makeOwnPassable(parent, name);
    return parent.folder(name);
  }
}

/** Gives the owner access, because a folder may have been made with a mode that keeps its own owner out. */
async function makeOwnPassable(parent: HeldFolder, name: EntryName): Promise<void> {
  await using entry = await parent.entry(name);
  if (!isSameMount(entry.mountId, parent.mountId)) return;
  const { uid, mode } = entry.stats;
  if (entry.stats.isDirectory() && uid === process.geteuid?.() && (mode & 0o700) !== 0o700)
    await chmod(entry.path, 0o700);
}

function asNotRemoved(path: string, error: unknown): FolderNotRemovedError {
  if (error instanceof FolderNotRemovedError) return error;
  const why =
    errnoOf(error) === 'ENOTDIR' || errnoOf(error) === 'ELOOP'
      ? 'it is not a folder'
      : error instanceof ForeignMountError
        ? 'something that Bulkhead did not mount is mounted there'
        : errnoOf(error) === 'EACCES' || errnoOf(error) === 'EPERM'
          ? `something in it belongs to a user of a container, which this user may not remove (${errnoOf(error)})`
          : error instanceof Error
            ? error.message
            : String(error);
  return new FolderNotRemovedError(path, why, { cause: error });
}
