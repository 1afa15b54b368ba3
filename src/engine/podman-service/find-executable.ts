import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** Runtimes lie in `sbin`, which is not on the PATH of ordinary users. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The folders of PATH, then those of the system that are not among them. */
export function searchPath(path: string | undefined): string {
  const own = (path ?? '').split(':').filter((folder) => isAbsolute(folder));
  return [...new Set([...own, ...systemFolders])].join(':');
}

/** Absolute path of a program, given by name or path. */
export async function findExecutable(program: string, path: string): Promise<string | undefined> {
  const candidates = isAbsolute(program) ? [program] : path.split(':').map((folder) => join(folder, program));
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
