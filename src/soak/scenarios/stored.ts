/** Reads the catalog as a program does that comes later, from the files alone. */
import { EntryNotFoundError, fileStore, PluginCatalog, RuntimeCatalog } from '../../catalog/index.ts';
import { trialType } from '../world.ts';

/** Returns the first argument of an entry; `undefined` where there is no such entry. @throws for a damaged one */
export async function storedWord(directory: string, name: string): Promise<string | undefined> {
  const store = fileStore(directory);
  const catalog = new PluginCatalog(store, new RuntimeCatalog(store));
  try {
    return (await catalog.resolve(trialType, name, undefined)).args[0];
  } catch (error) {
    if (error instanceof EntryNotFoundError) return undefined;
    throw error;
  }
}
