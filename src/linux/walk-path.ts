import { lstat, readlink } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path/posix';

const mostLinks = 40; // as many as the kernel follows

/** A place on a path: a folder, a link, or what the path leads to. */
export interface Place {
  readonly path: string;
  readonly found: Stats;
  /** Whether no further part of the path follows. */
  readonly isLast: boolean;
}

export interface Walk {
  /** Where the path leads when all links are followed, as far as it exists. It is relative to the root. */
  readonly path: string;
  /** What is there; `undefined` when nothing is. */
  readonly found: Stats | undefined;
}

/**
 * Follows an absolute path part by part, through all links, as a process does whose root is `root`.
 *
 * @param onPlace called with every place on the way, including the root
 * @throws the system's error, except for a path that does not exist
 */
export async function walkPath(
  path: string,
  { root = '', onPlace }: { readonly root?: string; readonly onPlace?: (place: Place) => Promise<void> } = {},
): Promise<Walk> {
  const parts = path.split('/').filter((part) => part !== '');
  let at = '/';
  let found = await lstat(`${root}/`);
  let links = 0;
  await onPlace?.({ path: at, found, isLast: parts.length === 0 });
  while (parts.length > 0) {
    const part = parts.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, part);
    const there = await statIfThere(`${root}${next}`);
    if (there === undefined) return { path: join(next, ...parts), found: undefined };
    found = there;
    await onPlace?.({ path: next, found, isLast: parts.length === 0 });
    if (!found.isSymbolicLink()) {
      at = next;
      continue;
    }
    links += 1;
    if (links > mostLinks)
      throw Object.assign(new Error(`ELOOP: too many links, '${path}'`), { code: 'ELOOP' });
    const target = await readlink(`${root}${next}`);
    parts.unshift(...target.split('/'));
    if (target.startsWith('/')) at = '/';
  }
  return { path: at, found: await lstat(`${root}${at}`) };
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
