/** Faults of the plugin: its container is ended, stopped or removed by somebody else. */
import { resumePaused } from '../../container/index.ts';
import { hostLabels } from '../../host/index.ts';
import type { Misbehaviour } from '../subject.ts';
import type { DrawnFault, FaultName } from '../trial.ts';
import type { World } from '../world.ts';

export const misbehaviours: readonly Misbehaviour[] = [
  'exits',
  'ends-at-once',
  'babbles',
  'is-silent',
  'speaks-another-protocol',
];

type Strike = (world: World, id: string) => Promise<unknown>;

const strikes: Readonly<Partial<Record<FaultName, Strike>>> = {
  'plugin-killed': resumed(({ engine }, id) => engine.containers.kill(id)),
  'plugin-stopped': resumed(({ engine }, id) => engine.containers.stop(id, { timeoutSeconds: 0 })),
  'plugin-paused': ({ engine }, id) => engine.containers.pause(id),
  'plugin-removed': resumed(({ engine }, id) => engine.containers.remove(id, { force: true })),
  'plugin-out-of-memory': outOfMemory,
};

/** Resumes the container before the strike: what an engine leaves that kills a paused one would count as left by the host. */
function resumed(strike: Strike): Strike {
  return async (world, id) => {
    await resumePaused(world.engine, id, { runtime: world.place.runtime });
    await strike(world, id);
  };
}

/** Limits the memory of the container to little more than the plugin needs, and has it keep more. */
async function outOfMemory(world: World, id: string): Promise<void> {
  const memoryBytes = 48 * 2 ** 20;
  await world.engine.containers.update(id, { memoryBytes, memorySwapBytes: memoryBytes });
  const mount = world.openHosts
    .flatMap((host) => host.mounts())
    .find(({ instance: { state } }) => 'containerId' in state && state.containerId === id);
  const signal = AbortSignal.timeout(10_000);
  if (mount !== undefined) await world.subject.fill?.(mount, 2 * memoryBytes, signal);
}

/** Strikes one of the containers that there are. Returns false where the fault is none of the plugin's. */
export function strikePlugin(world: World, { name, detail }: DrawnFault): boolean {
  const strike = strikes[name];
  if (strike === undefined) return false;
  const striking = containersOf(world).then(async (ids) => {
    const id = ids[detail % Math.max(ids.length, 1)];
    if (id !== undefined) await strike(world, id);
  });
  // It may have gone meanwhile, or may not have been started yet, or its engine is away.
  const work = striking.catch(() => undefined).then(() => undefined);
  world.undo.push(() => work);
  return true;
}

/** Ids of all containers of the trial's hosts, running or not. */
export async function containersOf(world: World, running = true): Promise<string[]> {
  const living = [...world.stage.living.values()];
  const hosts = new Set([...[...living, ...world.hosts].map(({ id }) => id), ...world.otherHosts]);
  if (hosts.size === 0) return [];
  // All trials of the machine have one cluster id: a list costs an engine much, and one is enough.
  const containers = await world.engine.containers.list({
    all: !running,
    filters: { label: [`${hostLabels.clusterId}=${world.hostOptions.clusterId ?? ''}`] },
  });
  return containers.filter(({ labels }) => hosts.has(labels[hostLabels.hostId] ?? '')).map(({ id }) => id);
}

/** Makes every plugin that is registered or launched from now on misbehave, until the fault is lifted. */
export function misbehave(world: World, { detail }: DrawnFault): void {
  const known = misbehaviours.filter((name) => world.subject.misbehaviours[name] !== undefined);
  const chosen = known[detail % Math.max(known.length, 1)];
  if (chosen === undefined) return;
  world.args = world.subject.misbehaviours[chosen] ?? [];
  world.undo.push(() => {
    world.args = [];
  });
}
