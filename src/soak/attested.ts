/** Looks at the containers that run, as the engine itself describes them, past the proxy. */
import { NotFoundError, type InspectedContainer } from '../engine/index.ts';
import { containersOf } from './faults/plugin-faults.ts';
import type { World } from './world.ts';

/** What of the containers that run differs from what every plugin is started with. */
export async function differingContainers(world: World): Promise<string[]> {
  const { seen } = world.stage;
  const ids = (await containersOf(world)).filter((id) => !seen.has(id));
  const found = await Promise.all(
    ids.map(async (id) => {
      try {
        const differing = differences(world, await world.engine.containers.inspect(id));
        seen.add(id); // nothing of a container that was made can be changed later
        return differing;
      } catch (error) {
        if (error instanceof NotFoundError) return []; // it has just ended
        throw error;
      }
    }),
  );
  return found.flat();
}

function differences({ place }: World, container: InspectedContainer): string[] {
  const { id, readOnlyRootFilesystem, network, runtime, mounts, publishedPorts, capAdd } = container;
  const wrongs = {
    'a writable root file system': !readOnlyRootFilesystem,
    [`the network ${network}`]: network !== 'none',
    [`the runtime ${runtime}`]: !runtime.endsWith(place.runtime),
    'a volume': mounts.some(({ type }) => type === 'volume'),
    'a published port': publishedPorts.length > 0,
    'an added capability': capAdd.length > 0,
  };
  return Object.entries(wrongs)
    .filter(([, isWrong]) => isWrong)
    .map(([what]) => `container ${id.slice(0, 12)} runs with ${what}`);
}
