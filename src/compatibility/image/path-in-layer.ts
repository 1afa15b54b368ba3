import { posix } from 'node:path';

/**
 * Returns a path of a layer, or of a hard link in it, in the form that the index uses: without slashes at its ends, and
 * empty for the root.
 *
 * @throws {SyntaxError} for a path that leads out of the image: engines refuse such a layer, too
 */
export function pathInLayer(name: string): string {
  const path = posix.normalize(name).replace(/^\/+/, '').replace(/\/$/, '');
  if (path === '..' || path.startsWith('../')) {
    throw new SyntaxError('a path in a layer leads out of the image');
  }
  return path === '.' ? '' : path;
}
