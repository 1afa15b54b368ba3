import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { whoMayChange } from '../../linux/who-may-change.ts';
import { known, unknown, type Fact } from '../fact.ts';
import { readGvisorVersion } from './gvisor-version.ts';

const versionMs = 3_000;
const longestAnswer = 64 * 1024;

/**
 * Finds the version of a runsc. The program that the engine has at `path` is never run, because it is in a root that
 * belongs to the engine. This process's program at the same path is asked for its version if it is the very same file
 * and only root and this user could have put it there; otherwise the engine's file is read as data.
 *
 * @param program.seen the engine's file, below its root in `/proc`
 */
export async function programVersion({
  path,
  seen,
}: {
  readonly path: string;
  readonly seen: string;
}): Promise<Fact<string>> {
  const own = await ownProgram(path, seen);
  const said = own === undefined ? undefined : await askVersion(own);
  if (own !== undefined && said !== undefined) return known(said, `${own} --version`);
  try {
    const written = await readGvisorVersion(seen);
    return written === undefined
      ? unknown(`${seen} names no release of gVisor`)
      : known(written, `the text of ${seen}`);
  } catch (error) {
    return unknown((error as Error).message);
  }
}

/** Returns this host's program at the path, if it is also the engine's and safe to run. */
async function ownProgram(path: string, seen: string): Promise<string | undefined> {
  try {
    const own = await whoMayChange(path);
    const theirs = await stat(seen);
    const isSame =
      own.found?.isFile() === true && own.found.dev === theirs.dev && own.found.ino === theirs.ino;
    return isSame && own.foreign === undefined ? own.path : undefined;
  } catch {
    return undefined;
  }
}

async function askVersion(program: string): Promise<string | undefined> {
  const limits = { timeout: versionMs, killSignal: 'SIGKILL', maxBuffer: longestAnswer } as const;
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { ...limits, cwd: '/', env: {} });
    return /version\s+(\S+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
