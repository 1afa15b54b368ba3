import { posix } from 'node:path';
import type { TmpfsOptions } from '../settings/container-settings.ts';
import { isAbsent } from './case.ts';
import { cleanPath, isAtOrBelow } from './clean-path.ts';
import { containerSocketDirectory } from './container-socket-directory.ts';
import { imageLimits } from './image/limits.ts';
import type { LaunchCase } from './rule.ts';

/** Paths at which every engine mounts something of its own. */
export const mountedByEngines = ['/proc', '/sys', '/dev'];

/** Returns the paths of the image's volumes, each once and in its shortest form. Those that are no paths are left out. */
export function volumePaths({ image }: Pick<LaunchCase, 'image'>): string[] {
  const volumes = isAbsent(image) ? [] : (image.settings?.volumes ?? []);
  return [...new Set(volumes.filter(isMountable).map(cleanPath))];
}

/** Whether an engine can be asked to mount something at a path of this form. */
export function isMountable(path: string): boolean {
  return posix.isAbsolute(path) && !/[\p{Cc}:]/u.test(path);
}

/**
 * Returns the file systems in memory that take the places of the image's volumes. An engine makes no volume where
 * something else is mounted, so nothing is left behind that nobody knows.
 */
export function volumeFileSystems(launch: Pick<LaunchCase, 'image' | 'wishes'>): TmpfsOptions[] {
  const { tmpfs = [], volumeBytes } = launch.wishes;
  return volumePaths(launch)
    .filter((path) => path !== '/' && !isAtOrBelow(path, containerSocketDirectory))
    .filter((path) => !mountedByEngines.some((folder) => isAtOrBelow(path, folder)))
    .slice(0, imageLimits.volumes.most)
    .map((path) => {
      const given = tmpfs.find((one) => cleanPath(one.path) === path);
      return given === undefined
        ? { path, ...(volumeBytes !== undefined && { sizeBytes: volumeBytes }) }
        : { ...given, path };
    });
}
