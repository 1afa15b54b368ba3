import { posix } from 'node:path';

/**
 * A path of a layer, or of a hard link in it, as the index has it: without slashes at its ends; empty for the root.
 *
 * @throws {SyntaxError} for one that leads out of the image: engines refuse such a layer, too
 */
export function pathInLayer(name: string): string {
  const path = posix.normalize(name).replace(/^\/+/, '').replace(/\/$/, '');
  if (path === '..' || path.startsWith('../')) {
    throw new SyntaxError('a path in a layer leads out of the image');
  }
  return path === '.' ? '' : path;
}
