/**
 * Checks that nobody else can exchange what this process makes in a folder, for example for a link to another place.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BulkheadError } from '../errors.ts';
import { describeForeign, whoMayChange } from './who-may-change.ts';

/** @throws BulkheadError `SOCKET_DIRECTORY_FAILED` where another user could lead the engine to another folder */
export async function refuseUntrusted(parent: string): Promise<void> {
  const why = await whyUntrusted(parent).catch((cause: unknown) => {
    throw new BulkheadError('SOCKET_DIRECTORY_FAILED', `can't make a socket directory in ${parent}`, {
      cause,
    });
  });
  if (why === undefined) return;
  throw new BulkheadError(
    'SOCKET_DIRECTORY_FAILED',
    `can't make a socket directory in ${parent}: ${why}, so what is in it could be replaced`,
    {
      hint: 'Choose a folder of this user or of root with `socketDirectory` or TMPDIR. Nobody else may be able to write to it, unless it has the sticky bit.',
    },
  );
}

/** Returns what is wrong, as part of a sentence; `undefined` when nothing is. @throws the system's error */
async function whyUntrusted(parent: string): Promise<string | undefined> {
  // The parent is a folder on the way to what will be made in it, so that the sticky bit of one such as `/tmp` counts.
  const { foreign } = await whoMayChange(
    join(parent, 'bulkhead-'),
    (await hasAllUsers()) ? [] : [unmappedUser],
  );
  return foreign && describeForeign(foreign);
}

/**
 * In a user namespace of its own, a process sees this user in place of everybody who is not in it, including root of
 * the machine.
 */
const unmappedUser = 65534;

async function hasAllUsers(): Promise<boolean> {
  const map = await readFile('/proc/self/uid_map', 'utf8').catch(() => '');
  return map === '' || /^\s*0\s+0\s+4294967295\s*$/.test(map);
}
