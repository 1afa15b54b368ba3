import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { describeForeign, whoMayChange } from './who-may-change.ts';

/** Folders of the system. Runtimes are in `sbin`, which is not on the PATH of ordinary users. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Returns the folders of PATH, followed by those of the system that are not among them. */
export function searchPath(path: string | undefined): string {
  const own = (path ?? '').split(':').filter((folder) => isAbsolute(folder));
  return [...new Set([...own, ...systemFolders])].join(':');
}

/** The folders in which programs to run are looked for. */
export interface ProgramFolders {
  /** Folders that nobody but root and this user can change, as the value of a PATH. */
  readonly path: string;
  /** Folders of the given PATH that are left out, with their owners. */
  readonly leftOut: readonly string[];
}

/**
 * Returns the folders of {@link searchPath} into which nobody else can put a program. Under sudo or su, PATH may hold
 * folders of the previous user.
 */
export async function programFolders(path: string | undefined): Promise<ProgramFolders> {
  const folders = searchPath(path).split(':');
  const foreign = await Promise.all(
    folders.map((folder) =>
      whoMayChange(folder).then(
        (trust) => (trust.found === undefined ? undefined : trust.foreign),
        () => undefined, // a folder that can't be looked at has no programs either
      ),
    ),
  );
  return {
    path: folders.filter((_, index) => foreign[index] === undefined).join(':'),
    leftOut: foreign.flatMap((place) => (place === undefined ? [] : [describeForeign(place)])),
  };
}

/**
 * Returns the absolute path of a program that is given by name or path. A program found by name is skipped when others
 * can change it.
 */
export async function findExecutable(program: string, path: string): Promise<string | undefined> {
  if (isAbsolute(program)) return (await isExecutable(program)) ? program : undefined;
  for (const folder of path.split(':')) {
    const candidate = join(folder, program);
    if ((await isExecutable(candidate)) && (await whoMayChange(candidate)).foreign === undefined)
      return candidate;
  }
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
