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
  try {
    const folder = await builtOnce(`debian-${name}`, name, async (into) => {
      await runTool('apt-get', ['download', '-qq', name], { cwd: into });
      await runTool('sh', ['-c', 'dpkg-deb -x ./*.deb . && rm ./*.deb'], { cwd: into });
    });
    return join(folder, path);
  } catch {
    return undefined; // no Debian, or no package source
  }
}
