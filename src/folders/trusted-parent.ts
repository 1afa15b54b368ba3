/** Whether nobody else can exchange what this process makes in a folder, for example by a link to another place. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BulkheadError } from '../errors.ts';

/** @throws BulkheadError `SOCKET_DIRECTORY_FAILED` where another user could lead the engine to another folder */
export async function refuseUntrusted(parent: string): Promise<void> {
  const why = await whyUntrusted(parent).catch((cause: unknown) => {
    throw new BulkheadError('SOCKET_DIRECTORY_FAILED', `can't make a socket directory in ${parent}`, {
      cause,
    });
  });
  if (why === undefined) return;
  throw new BulkheadError('SOCKET_DIRECTORY_FAILED', `can't make a socket directory in ${parent}: ${why}`, {
    hint: 'Choose a folder of this user or of root with socketDirectory or TMPDIR, to which nobody else can write unless it has the sticky bit.',
  });
}

/**
 * Every folder on the way has to belong to root or to this user, and nobody else may write to it, except where the sticky
 * bit keeps them from what is not theirs, as in `/tmp`.
 *
 * @returns what is wrong, as part of a sentence; `undefined` when nothing is. @throws the system's error
 */
async function whyUntrusted(parent: string): Promise<string | undefined> {
  const own = process.geteuid?.();
  if (own === undefined) return undefined;
  const trusted = [0, own, ...((await hasAllUsers()) ? [] : [unmappedUser])];
  for (let folder = await realpath(parent); ; folder = dirname(folder)) {
    const { uid, gid, mode } = await stat(folder);
    if (!trusted.includes(uid)) return `${folder} belongs to user ${uid}, who could exchange what is in it`;
    const isSticky = (mode & 0o1000) !== 0;
    // Many systems give each user a group of the same name, and let it write.
    const othersWrite =
      (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0 && gid !== process.getegid?.());
    if (othersWrite && !isSticky)
      return `other users can write to ${folder} and could exchange what is in it`;
    if (folder === dirname(folder)) return undefined;
  }
}

/** In a user namespace of its own a process sees this one for everybody who is not in it, root of the machine among them. */
const unmappedUser = 65534;

async function hasAllUsers(): Promise<boolean> {
  const map = await readFile('/proc/self/uid_map', 'utf8').catch(() => '');
  return map === '' || /^\s*0\s+0\s+4294967295\s*$/.test(map);
}
