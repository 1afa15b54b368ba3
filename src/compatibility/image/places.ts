import { posix } from 'node:path';
import type { InspectedImage } from '../../engine/index.ts';
import { cleanPath } from '../clean-path.ts';
import { imageLimits } from './limits.ts';

/** Returns the paths at which it matters what the image has: its volumes, and its working directory. */
export function placesOf({
  volumes,
  workingDirectory,
}: Pick<InspectedImage['config'], 'volumes' | 'workingDirectory'>): string[] {
  const paths = [...volumes.slice(0, imageLimits.volumes.most + 1), workingDirectory];
  return [...new Set(paths.filter((path) => posix.isAbsolute(path)).map(cleanPath))].filter(
    (path) => path !== '/' && path.length <= imageLimits.pathBytes.most,
  );
}
