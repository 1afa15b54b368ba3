/** Where built fixture plugins are kept, each under the hash of what it is built from. */
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { oneAtATime } from './one-at-a-time.ts';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The folder that `build` fills, built once per `key`. Several processes may ask at the same time: the first one builds, the
 * others wait for it, and nobody ever sees a folder half filled.
 */
export async function builtOnce(
  name: string,
  key: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const entry = `${name}-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
  const shared = join(checkout, 'node_modules/.cache/bulkhead-fixtures');
  if (await exists(join(shared, entry))) return join(shared, entry);
  const cache = await writableCache(shared);
  return oneAtATime(join(cache, entry), () => fill(cache, entry, build));
}

async function fill(cache: string, entry: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cache, entry);
  if (await exists(folder)) return folder;

  const unfinished = await mkdtemp(join(cache, `.${entry}-`));
  try {
    await build(unfinished);
    await rename(unfinished, folder);
    return folder;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Hash input: names and contents of all files with these endings below the folders. */
export async function sourcesOf(folders: readonly string[], endings: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const names = (await readdir(folder, { recursive: true })).sort();
    for (const name of names.filter((candidate) => endings.some((ending) => candidate.endsWith(ending)))) {
      hash
        .update(`${name}\0`)
        .update(await readFile(join(folder, name)))
        .update('\0');
    }
  }
  return hash.digest('hex');
}

/** The checkout may belong to somebody else: tests of rootless engines run as their user. */
async function writableCache(preferred: string): Promise<string> {
  const own = join(tmpdir(), `bulkhead-fixtures-${String(process.getuid?.())}`);
  for (const folder of [preferred, own]) {
    try {
      await mkdir(folder, { recursive: true });
      await rm(await mkdtemp(join(folder, '.writable-')), { recursive: true });
      return folder;
    } catch (error) {
      if (folder === own) throw error;
    }
  }
  return own;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
