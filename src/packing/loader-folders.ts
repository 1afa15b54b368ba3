import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** Debian's folder names for the libraries of each architecture. */
const multiarch: Readonly<Record<string, string>> = {
  amd64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  ppc64le: 'powerpc64le-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
  loong64: 'loongarch64-linux-gnu',
};

/**
 * The folders in which this machine's loader looks for a library, after those that the program itself names: first what
 * /etc/ld.so.conf lists (ld.so's cache is made from it), then the built-in folders of the usual distributions.
 */
export async function loaderFolders(machine: string, configuration = '/etc/ld.so.conf'): Promise<string[]> {
  const triplet = multiarch[machine];
  const builtIn = triplet === undefined ? [] : [`/lib/${triplet}`, `/usr/lib/${triplet}`];
  const configured = await configuredFolders(configuration, new Set());
  return [
    ...new Set([...configured, ...builtIn, '/lib64', '/usr/lib64', '/lib', '/usr/lib', '/usr/local/lib']),
  ];
}

async function configuredFolders(file: string, seen: Set<string>): Promise<string[]> {
  if (seen.has(file)) return [];
  seen.add(file);
  // Not every distribution has the file, and an unreadable one is no reason to fail: the built-in folders remain.
  const text = await readFile(file, 'utf8').catch(() => '');
  const folders: string[] = [];
  for (const line of text.split('\n')) {
    const words = line.replace(/#.*/, '').trim();
    const included = /^include\s+(.+)/.exec(words)?.[1];
    if (included !== undefined) {
      for (const path of await matchingFiles(included, dirname(file))) {
        folders.push(...(await configuredFolders(path, seen)));
      }
    } else {
      folders.push(...words.split(/[\s,:]+/).filter(isAbsolute));
    }
  }
  return folders;
}

/** The files that the pattern of an `include` line matches: a path whose last part may contain `*`. */
async function matchingFiles(pattern: string, relativeTo: string): Promise<string[]> {
  const path = isAbsolute(pattern) ? pattern : join(relativeTo, pattern);
  const [start = '', ...rest] = basename(path).split('*');
  const end = rest.at(-1);
  if (end === undefined) return [path];
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter(
      (name) => name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end),
    )
    .sort()
    .map((name) => join(dirname(path), name));
}
