/**
 * Checks that nobody else can exchange what this process makes in a folder, for example for a link to another place.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BulkheadError } from '../errors.ts';
import { describeForeign, whoMayChange } from './who-may-change.ts';

/** What to do about a folder in which others could exchange what is made. */
export const trustedParentRemedy =
  'Choose a folder of this user or of root with `socketDirectory` or TMPDIR. Nobody else may be able to write to it, unless it has the sticky bit.';

/** @throws BulkheadError `SOCKET_DIRECTORY_FAILED` where another user could lead the engine to another folder */
export async function refuseUntrusted(parent: string): Promise<void> {
  const changeable = await changeableOnTheWay(parent).catch((cause: unknown) => {
    throw new BulkheadError('SOCKET_DIRECTORY_FAILED', `can't make a socket directory in ${parent}`, {
      cause,
    });
  });
  if (changeable === '') return;
  throw new BulkheadError('SOCKET_DIRECTORY_FAILED', describeUntrusted(parent, changeable), {
    hint: trustedParentRemedy,
  });
}

/** Says why nothing is made in the folder, given what `changeableOnTheWay` returned. */
export function describeUntrusted(parent: string, changeable: string): string {
  return `can't make a socket directory in ${parent}: ${changeable}, so what is in it could be replaced`;
}

/**
 * Describes the first place that somebody else may change on the way to something in the folder, such as "/srv is
 * writable by everybody". Empty when there is none.
 *
 * @throws the system's error, except for a folder that does not exist
 */
export async function changeableOnTheWay(parent: string): Promise<string> {
  // The parent is a folder on the way to what will be made in it, so that the sticky bit of one such as `/tmp` counts.
  const { foreign } = await whoMayChange(join(parent, 'bulkhead-'), hasAllUsers() ? [] : [unmappedUser]);
  return foreign === undefined ? '' : describeForeign(foreign);
}

/**
 * In a user namespace of its own, a process sees this user in place of everybody who is not in it, including root of
 * the machine.
 */
const unmappedUser = 65534;

let allUsers: boolean | undefined;

/** The kernel lets nobody change the map of a process. */
function hasAllUsers(): boolean {
  allUsers ??= readsAllUsers();
  return allUsers;
}

function readsAllUsers(): boolean {
  try {
    return /^\s*0\s+0\s+4294967295\s*$|^$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return true; // a kernel without user namespaces
  }
}
