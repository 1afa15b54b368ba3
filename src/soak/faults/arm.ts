/** Has each fault of a trial happen at its moment. */
import type { DrawnFault } from '../trial.ts';
import type { Disturbance } from '../subject.ts';
import type { World } from '../world.ts';
import { engineFaults } from './engine-faults.ts';
import { alterCatalog, jumpClock, removeFolders, strikeDisk, useUpDescriptors } from './machine-faults.ts';
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
    case 'disk-full':
    case 'disk-read-only':
    case 'disk-slow':
      return strikeDisk(world, drawn.name);
    case 'engine-stopped':
    case 'engine-killed':
    case 'engine-upgraded':
      return disturbEngine(world, drawn.name);
    default:
      return strikePlugin(world, drawn);
  }
}

/** Does something to the engine's own process. The trial is judged once it serves again. */
function disturbEngine({ place, disturbances, ledger }: World, name: Disturbance): boolean {
  const disturb = place.disturb?.[name];
  if (disturb === undefined) return false;
  // Two at once would hit each other, and not the hosts.
  const before = disturbances.at(-1) ?? Promise.resolve();
  const over = before.then(disturb);
  over.catch((error: unknown) => {
    ledger.wrong(`the engine did not come back: ${String(error)}`);
  });
  disturbances.push(over);
  return true;
}
