import type { InfoCache } from '../../engine/index.ts';
import { lazyModules } from '../lazy-modules.ts';

/** The cache of what engines reported about themselves, for commands that only predict. */
export async function userInfoCache(): Promise<InfoCache | undefined> {
  const { engineInfoCache, userEngineCache } = await lazyModules.compatibility();
  const folder = userEngineCache();
  return folder === undefined ? undefined : engineInfoCache(folder);
}
