import type { InspectedImage } from '../../engine/index.ts';
import { checkImageLimit } from './limits.ts';

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Returns the folders in which a program is looked up by its name alone: those of the image's PATH. */
export function searchedFolders({ env }: Pick<InspectedImage['config'], 'env'>): string[] {
  const path = env.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? usualPath;
  checkImageLimit('searchPathBytes', path.length, `a PATH of ${path.length} characters`);
  return path.split(':');
}
