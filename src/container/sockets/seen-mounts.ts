import { engineSees } from '../../compatibility/index.ts';
import type { Engine } from '../../engine/index.ts';
import { isOwnedFolder } from '../../linux/owned-name.ts';
import type { PluginFolderOptions } from './plugin-folder.ts';

/** Engines that did not see what was mounted in a folder: they will not see the next mount either. */
const blind = new WeakMap<Engine, Set<string>>();

/**
 * How a socket directory learns whether it can be a file system of its own. `undefined` where it can't: a mount that a
 * killed process leaves is found in a folder that says whose it is, and nowhere else.
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
