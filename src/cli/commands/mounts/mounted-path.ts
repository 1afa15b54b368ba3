/** Paths of mounts, as the command line takes and shows them. */
import { UsageError } from '../../usage-error.ts';

export type MountType = 'secret' | 'auth';

export function whatIs(type: MountType): string {
  return type === 'secret' ? 'secrets engine' : 'auth method';
}

/** The path as mounts have it: with a slash at the end, and `auth/` in front for auth methods. @throws UsageError */
export function mountedPath(type: MountType, given: string): string {
  const parts = given.replace(/^\/+|\/+$/g, '').split('/');
  if (type === 'auth' && parts[0] === 'auth' && parts.length > 1) parts.shift();
  const wrong = parts.find((part) => part === '' || part === '.' || part === '..');
  if (wrong !== undefined || given.includes('\0')) {
    throw new UsageError(
      `the path of a mount has parts with slashes between them, none of them empty, . or .., not ${JSON.stringify(given)}`,
    );
  }
  if (type === 'secret' && parts[0] === 'auth')
    throw new UsageError('paths below auth/ are reserved as in Vault: use bulkhead auth');
  return `${type === 'auth' ? 'auth/' : ''}${parts.join('/')}/`;
}
