import { engineSees } from '../../compatibility/index.ts';
import type { Engine } from '../../engine/index.ts';
import { isOwnedFolder } from '../../linux/owned-name.ts';
import type { PluginFolderOptions } from './plugin-folder.ts';

/** Folders, by engine, whose mounts an engine did not see. It will not see the next mount there either. */
const blind = new WeakMap<Engine, Set<string>>();

/**
 * Returns how to find out whether the engine sees a mount in the parent folder. `undefined` where nothing may be
 * mounted: a mount that a killed process leaves can only be found in an owned folder.
 */
export function mountsSeenBy(engine: Engine, parent: string | undefined): PluginFolderOptions['engineSees'] {
  if (parent === undefined || !isOwnedFolder(parent)) return undefined;
  const parents = blind.get(engine) ?? new Set();
  if (parents.has(parent)) return undefined;
  return async (path) => {
    const sees = await engineSees(engine, path);
    if (!sees) blind.set(engine, parents.add(parent));
    return sees;
  };
}
