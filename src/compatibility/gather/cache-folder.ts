import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readBoundedFile } from '../../linux/bounded-file.ts';
import { whoMayChange } from '../../linux/who-may-change.ts';

/** What is kept of an engine or an image is some kilobytes; no file that this program writes there is longer. */
export const longestCacheFile = 4 << 20;

/**
 * The text of a file of this user's cache; `undefined` when there is none, or when somebody else could have put it there:
 * verdicts are made from it. The folder may be a choice of another user's (`HOME` under sudo).
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

/** Whole or not at all: a cache that can't be written, or that somebody else could change, is none. */
export async function writeCacheFile(folder: string, name: string, text: string): Promise<void> {
  if (Buffer.byteLength(text) > longestCacheFile || (await isForeign(folder))) return;
  const file = join(folder, name);
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (await isForeign(folder)) return; // somebody else has made it meanwhile
    await using handle = await open(unfinished, 'wx', 0o600); // follows no link
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

/** A folder of this user's cache; `undefined` for a user without a home. */
export function userCache(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const { XDG_CACHE_HOME: cache, HOME: home } = environment;
  if (cache?.startsWith('/') === true) return join(cache, 'bulkhead', name);
  // A home that does not exist is not made: it is how accounts are given none.
  return home?.startsWith('/') === true && existsSync(home)
    ? join(home, '.cache', 'bulkhead', name)
    : undefined;
}
