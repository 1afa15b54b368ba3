/** Paths of mounts, as they are asked for. */
import { ApiError } from '../http/api-error.ts';
import { isPlainPath } from '../http/request-path.ts';

export type MountType = 'secret' | 'auth';

/** The path as mounts have it: with a slash at the end, and `auth/` in front for auth methods. @throws ApiError 400 */
export function mountPathOf(type: MountType, given: string): string {
  const path = given.replace(/^\/+|\/+$/g, '');
  if (!isPlainPath(path))
    throw new ApiError(
      400,
      'the path of a mount has parts with slashes between them, none of them empty, . or ..',
    );
  return `${type === 'auth' ? 'auth/' : ''}${path}/`;
}

/** The path without the `auth/` in front, as `sys/auth` shows it. */
export function shownPath(type: MountType, path: string): string {
  return type === 'auth' ? path.slice('auth/'.length) : path;
}
