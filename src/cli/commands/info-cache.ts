import type { InfoCache } from '../../engine/index.ts';
import { lazyModules } from '../lazy-modules.ts';

/** What engines said of themselves before, for commands that only predict. */
export async function userInfoCache(): Promise<InfoCache | undefined> {
  const { engineInfoCache, userEngineCache } = await lazyModules.compatibility();
  const folder = userEngineCache();
  return folder === undefined ? undefined : engineInfoCache(folder);
}
