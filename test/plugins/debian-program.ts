/** Programs of Debian packages, fetched and unpacked without being installed. */
import { join } from 'node:path';
import { builtOnce } from './cache.ts';
import { runTool } from './run-tool.ts';

/**
 * Fetches a package with apt-get, once, and unpacks it.
 *
 * @param path where the package has the program, such as `usr/bin/tini-static`
 * @returns the path of the program; `undefined` where this machine can't get it
 */
export async function debianProgram(name: string, path: string): Promise<string | undefined> {
  const folder = await debianFolder([name]);
  return folder && join(folder, path);
}

/** Unpacks several packages into one folder. @returns `undefined` where this machine can't get them */
export async function debianFolder(names: readonly string[]): Promise<string | undefined> {
  try {
    const [first = ''] = names;
    return await builtOnce(`debian-${first}`, names.join(' '), async (into) => {
      await runTool('apt-get', ['download', '-qq', ...names], { cwd: into });
      await runTool('sh', ['-c', 'for each in ./*.deb; do dpkg-deb -x "$each" . && rm "$each"; done'], {
        cwd: into,
      });
    });
  } catch {
    return undefined; // no Debian, or no package source
  }
}
