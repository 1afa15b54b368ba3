import { walkPath } from '../../linux/walk-path.ts';

/**
 * Where `path` leads for a process, as a path that this one can use. Links are followed as that process follows them: the
 * kernel would take an absolute link below `/proc/PID/root` for one in the root of whoever follows it.
 *
 * @param root the root of the process, `/proc/PID/root`
 * @throws the error of the system, and `ENOENT` where nothing is there
 */
export async function pathBelowRoot(root: string, path: string): Promise<string> {
  const walk = await walkPath(path, { root });
  if (walk.found === undefined)
    throw Object.assign(new Error(`ENOENT: no such file, '${root}${path}'`), { code: 'ENOENT' });
  return `${root}${walk.path}`;
}
