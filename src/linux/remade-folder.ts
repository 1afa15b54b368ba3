/**
 * Makes a folder anew that somebody has removed, with those above it, as they were. A folder for temporary files may be
 * removed by whoever tidies up there.
 */
import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Stats } from 'node:fs';
import { errnoOf, HeldFolder } from './held-folder.ts';
import { refuseUntrusted } from './trusted-parent.ts';
import { walkPath } from './walk-path.ts';

/** A folder as it was found: its path without links, and the same of every folder above it, the root first. */
export interface RememberedFolder {
  readonly path: string;
  readonly places: readonly (Pick<Stats, 'uid' | 'gid' | 'mode'> & { readonly path: string })[];
}

/** @throws the system's error when it is not there */
export async function rememberFolder(path: string): Promise<RememberedFolder> {
  const real = await realpath(path);
  const places: RememberedFolder['places'][number][] = [];
  await walkPath(real, {
    onPlace: ({ path: place, found: { uid, gid, mode } }) => {
      places.push({ path: place, uid, gid, mode });
      return Promise.resolve();
    },
  });
  return { path: real, places };
}

/**
 * Makes what is missing of the folder, one part after the other, in folders that are held and that nobody else could
 * change. No link is followed, and what somebody else has put in its place is not used.
 *
 * @returns whether anything had to be made
 * @throws BulkheadError `SOCKET_DIRECTORY_FAILED` when others could change a folder above it; the system's error
 */
export async function remakeFolder({ path, places }: RememberedFolder): Promise<boolean> {
  let missing = 0;
  for (const place of places) {
    if (missing === 0 && (await isThere(place.path))) continue;
    missing += 1;
    await makeOne(place);
  }
  if (missing > 0) await refuseUntrusted(path);
  return missing > 0;
}

async function isThere(path: string): Promise<boolean> {
  const folder = await HeldFolder.open(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  await folder?.[Symbol.asyncDispose]();
  return folder !== undefined;
}

async function makeOne({ path, uid, gid, mode }: RememberedFolder['places'][number]): Promise<void> {
  const above = dirname(path);
  await refuseUntrusted(above);
  await using parent = await HeldFolder.open(above);
  await mkdir(parent.at(basename(path)), { mode: 0o700 }).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error; // another launch was faster, or somebody else: its owner is checked
  });
  await using made = await parent.folder(basename(path));
  const found = await made.stat();
  if (found.uid !== process.geteuid?.()) return; // whether it is trusted is checked when all are there
  if (found.uid !== uid || found.gid !== gid) await made.chown(uid, gid);
  await made.chmod(mode & 0o7777);
}
