import { lstat, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path/posix';

const mostLinks = 40; // as many as the kernel follows

/**
 * Where `path` leads for a process, as a path that this one can use. Links are followed as that process follows them: the
 * kernel would take an absolute link below `/proc/PID/root` for one in the root of whoever follows it.
 *
 * @param root the root of the process, `/proc/PID/root`
 * @throws the error of the system
 */
export async function pathBelowRoot(root: string, path: string): Promise<string> {
  const parts = path.split('/');
  let at = '/';
  let links = 0;
  while (parts.length > 0) {
    const part = parts.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, part);
    if (!(await lstat(`${root}${next}`)).isSymbolicLink()) {
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
  return `${root}${at}`;
}
