import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readBoundedFile } from '../../linux/bounded-file.ts';
import { folderVariable } from '../../linux/standard-folders.ts';
import { whoMayChange } from '../../linux/who-may-change.ts';

/**
 * Longest file of a cache. What is kept about an engine or an image has some kilobytes; this program writes no longer
 * file there.
 */
export const longestCacheFile = 4 << 20;

/**
 * Reads a file of this user's cache. Returns `undefined` when there is none, or when somebody else could have put it
 * there, because verdicts are made from it. The folder may be another user's choice (`HOME` under sudo).
 */
export async function readCacheFile(folder: string, name: string): Promise<string | undefined> {
  try {
    const { foreign, path } = await whoMayChange(join(folder, name));
    if (foreign !== undefined) return undefined;
    return (await readBoundedFile(path, { mostBytes: longestCacheFile })).toString('utf8');
  } catch {
    return undefined;
  }
}

/**
 * Writes a file whole or not at all. A cache that can't be written, or that somebody else could change, is not used.
 */
export async function writeCacheFile(folder: string, name: string, text: string): Promise<void> {
  if (Buffer.byteLength(text) > longestCacheFile || (await isForeign(folder))) return;
  const file = join(folder, name);
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (await isForeign(folder)) return; // another user has made it meanwhile
    await using handle = await open(unfinished, 'wx', 0o600); // this follows no link
    await handle.writeFile(text);
    await rename(unfinished, file);
  } catch {
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

function isForeign(folder: string): Promise<boolean> {
  return whoMayChange(folder).then(
    ({ foreign }) => foreign !== undefined,
    () => true,
  );
}

/** Returns a folder of this user's cache; `undefined` for a user without a home. */
export function userCache(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const cache = folderVariable(environment, 'XDG_CACHE_HOME');
  if (cache !== undefined) return join(cache, 'bulkhead', name);
  const home = folderVariable(environment, 'HOME');
  // A home that does not exist is not created: accounts without a home are set up that way.
  return home !== undefined && existsSync(home) ? join(home, '.cache', 'bulkhead', name) : undefined;
}
