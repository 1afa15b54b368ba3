/** Has each fault of a trial happen at its moment. */
import type { DrawnFault } from '../trial.ts';
import type { World } from '../world.ts';
import { engineFaults } from './engine-faults.ts';
import { alterCatalog, closeCatalog, jumpClock, removeFolders, useUpDescriptors } from './machine-faults.ts';
import { misbehave, strikePlugin } from './plugin-faults.ts';

/** @returns the faults that have happened, which grows */
export function armFaults(world: World): Set<DrawnFault> {
  const happened = new Set<DrawnFault>();
  for (const drawn of world.trial.faults) {
    if (drawn.name === 'none') continue;
    world.moments.at(drawn.moment, () => {
      const engineFault = engineFaults[drawn.name];
      if (engineFault !== undefined) {
        happened.add(drawn);
        return engineFault(world, drawn);
      }
      if (strike(world, drawn)) happened.add(drawn);
      return undefined;
    });
  }
  return happened;
}

function strike(world: World, drawn: DrawnFault): boolean {
  switch (drawn.name) {
    case 'plugin-misbehaves':
      misbehave(world, drawn);
      return true;
    case 'abort':
      world.caller.abort(world.reason);
      return true;
    case 'clock-forward':
      jumpClock(world, 30);
      return true;
    case 'clock-back':
      jumpClock(world, -30);
      return true;
    case 'descriptors':
      return useUpDescriptors(world);
    case 'folder-removed':
      removeFolders(world);
      return true;
    case 'catalog-altered':
      return alterCatalog(world, drawn);
    case 'catalog-read-only':
      closeCatalog(world);
      return true;
    default:
      return strikePlugin(world, drawn);
  }
}
