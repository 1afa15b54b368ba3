import { posix } from 'node:path';

/** Returns the shortest form of an absolute path, as Go's filepath.Clean does: engines compare paths in this form. */
export function cleanPath(path: string): string {
  return posix.resolve('/', path);
}

/** Whether an absolute path in its shortest form is a folder or lies below it. */
export function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}
