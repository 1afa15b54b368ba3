import type { InfoCache } from '../../engine/index.ts';
import { rooms } from '../rooms.ts';

/** What engines said of themselves before, for commands that only predict. */
export async function userInfoCache(): Promise<InfoCache | undefined> {
  const { engineInfoCache, userEngineCache } = await rooms.compatibility();
  const folder = userEngineCache();
  return folder === undefined ? undefined : engineInfoCache(folder);
}
