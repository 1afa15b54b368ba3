import { constants, existsSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The text of a file of this user's cache; `undefined` when there is none, when it is too long, or when somebody else could
 * have written it: verdicts are made from it. It is opened without waiting and without following a link, so that neither a
 * pipe nor a link in its place does harm.
 */
export async function readCacheFile(folder: string, name: string): Promise<string | undefined> {
  try {
    await using file = await open(join(folder, name), readFlags);
    const found = await file.stat();
    const isOurs = found.isFile() && found.uid === process.geteuid?.() && (found.mode & 0o022) === 0;
    return isOurs && found.size <= longestCacheFile ? await file.readFile('utf8') : undefined;
  } catch {
    return undefined;
  }
}

const readFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** No file that this program writes there is longer. */
export const longestCacheFile = 4 << 20;

/** Whole or not at all: a cache that can't be written is none. */
export async function writeCacheFile(folder: string, name: string, text: string): Promise<void> {
  if (Buffer.byteLength(text) > longestCacheFile) return;
  const file = join(folder, name);
  const unfinished = `${file}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(unfinished, text, { mode: 0o600 });
    await rename(unfinished, file);
  } catch {
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
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
