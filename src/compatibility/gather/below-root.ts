import { walkPath } from '../../linux/walk-path.ts';

/**
 * Returns a path that this process can use to the place where `path` leads for another process. Links are followed as
 * that process follows them: the kernel would take an absolute link below `/proc/PID/root` for one in the root of the
 * process that follows it.
 *
 * @param root the root of the other process, `/proc/PID/root`
 * @throws the system's error, and `ENOENT` where nothing is there
 */
export async function pathBelowRoot(root: string, path: string): Promise<string> {
  const walk = await walkPath(path, { root });
  if (walk.found === undefined)
    throw Object.assign(new Error(`ENOENT: no such file, '${root}${path}'`), { code: 'ENOENT' });
  return `${root}${walk.path}`;
}
