import { readFile } from 'node:fs/promises';
import { describeForeign, whoMayChange, type ForeignPlace } from '../../linux/who-may-change.ts';
import { StoreError } from '../errors.ts';
import { unreadable } from './file-failure.ts';

/** The variable that the command line reads, and the option of the library: both are named in the hint. */
const setting = 'BULKHEAD_TRUSTED_OWNERS';

/** A directory of catalogs, and the users besides root and the user of this process who may own it. */
export interface TrustedDirectory {
  readonly directory: string;
  readonly trustedOwners: readonly number[];
}

/**
 * Checks whether anybody but root, this user and the trusted owners could decide what is found at a path in a directory
 * of catalogs, by owning it or a folder or link on the way, or by a right to write there. A catalog says which images
 * run, with which settings, so whoever can change it acts as this user.
 *
 * @param path the directory, or something in it
 * @param use `read`: while there is no directory, nothing is read, so the owners of the folders above do not matter
 * @returns the path without links, or `undefined` when nothing is there
 * @throws StoreError `CATALOG_UNTRUSTED` naming the place and its owner; `CATALOG_UNREADABLE`
 */
export async function trustedPath(
  { directory, trustedOwners }: TrustedDirectory,
  path: string,
  use: 'read' | 'write',
): Promise<string | undefined> {
  let real: string | undefined;
  for (const each of [directory, path]) {
    const { foreign, found, path: at } = await whoMayChange(each, trustedOwners).catch(unreadable(each));
    if (foreign !== undefined && (use === 'write' || found !== undefined))
      throw await untrusted(each, foreign);
    if (found === undefined && use === 'read') return undefined;
    real = found === undefined ? undefined : at;
  }
  return real;
}

async function untrusted(path: string, foreign: ForeignPlace): Promise<StoreError> {
  const { by } = foreign;
  if (by.kind !== 'owner') {
    return new StoreError('CATALOG_UNTRUSTED', path, `${path} is not used: ${describeForeign(foreign)}`, {
      hint: `Whoever can write there decides what runs. Take away the permission (chmod go-w ${foreign.path}), or choose another directory.`,
    });
  }
  const name = await nameOf(by.uid);
  const owner = name === undefined ? '' : ` (${name})`;
  return new StoreError(
    'CATALOG_UNTRUSTED',
    path,
    `${path} is not used: ${describeForeign(foreign)}${owner}`,
    {
      hint: `Whoever owns it decides what runs. Choose another directory. If you trust this owner with that, set ${setting}=${by.uid} (in code: trustedOwners: [${by.uid}]).`,
    },
  );
}

async function nameOf(uid: number): Promise<string | undefined> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find((fields) => fields[2] === String(uid))?.[0];
}
