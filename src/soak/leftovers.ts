/** What a trial has left: containers, folders, processes, descriptors, timers. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../engine/index.ts';
import { PluginHost } from '../host/index.ts';
import { processesOf } from './container-processes.ts';
import { containersOf } from './faults/plugin-faults.ts';
import { heldMore, heldNow, type Held } from './held.ts';
import { nobodys } from './nobodys.ts';
import type { World } from './world.ts';

/** How long an end that was begun may take. */
const graceMs = 20_000;
/** Pauses between two looks: the first, and the longest. Each look costs the engine a list of its containers. */
const firstPauseMs = 20;
const longestPauseMs = 500;

type IsNamed = (what: string) => boolean;

/**
 * Waits until nothing is left but what the hosts that live on need, for some time, and returns what is.
 *
 * @param isNamed tells what an error has named, and what may stay
 */
export async function leftBehind(world: World, isNamed: IsNamed = () => false): Promise<string[]> {
  return untilEmpty(() => leftNow(world, isNamed));
}

/** Removes with a sweep what is left, as the next host of a user does. Returns what remains even so. */
export async function leftAfterSweep(world: World, isNamed: IsNamed = () => false): Promise<string[]> {
  await sweep(world);
  return untilEmpty(() => leftNow(world, isNamed));
}

/** Removes what hosts that were killed have left. What belongs to a host that is open stays. */
export async function sweep(world: World): Promise<void> {
  const host = await PluginHost.open({ ...world.hostOptions, socketPath: world.place.socketPath });
  try {
    await host.gc();
  } finally {
    await host.close();
  }
}

/** Waits until this process holds no more than before. */
export async function stillHeld(before: Held): Promise<string[]> {
  return untilEmpty(() => Promise.resolve(heldMore(before, heldNow())));
}

/** Waits until the engine has no volume and no network without a container that it had not before. */
export async function nobodysLeft(engine: Engine, before: readonly string[]): Promise<string[]> {
  return untilEmpty(async () => (await nobodys(engine)).filter((what) => !before.includes(what)));
}

/** Waits until nothing runs any more that an engine of this machine has started for these containers. */
export async function processesLeft(ids: Iterable<string>): Promise<string[]> {
  return untilEmpty(() => processesOf(ids));
}

/** Waits until no mount counts a call under way: calls of the host itself, such as Vault's rollback, come and go. */
export async function callsLeft(world: World): Promise<string[]> {
  const mounts = world.openHosts.flatMap((host) => host.mounts());
  return untilEmpty(() =>
    Promise.resolve(
      mounts.flatMap(({ calls, plugin }) =>
        calls === 0 ? [] : `a mount of ${plugin.name} counts ${calls} calls under way, and none is`,
      ),
    ),
  );
}

/** What is left at this moment. */
export async function leftNow(world: World, isNamed: IsNamed): Promise<string[]> {
  const { expected, spares } = serving(world);
  const containers = (await containersOf(world, false)).filter(
    (id) => !expected.has(id) && !isNamed(id.slice(0, 12)),
  );
  const folders = (await foldersBelow(world.parent)).filter(({ name }) => !isNamed(name));
  const hostFolders = folders.filter(({ depth }) => depth === 0);
  const pluginFolders = folders.filter(({ depth }) => depth > 0);
  return [
    ...beyond(containers, spares).map((id) => `container ${id.slice(0, 12)}`),
    // A host has a folder for each group that has to pass through.
    ...beyond(hostFolders, 2 * world.openHosts.length).map(({ name }) => `folder ${name}`),
    ...beyond(pluginFolders, expected.size + spares).map(({ name }) => `folder ${name}`),
  ];
}

/** The containers that serve mounts, and how many spare ones there may be beside them. */
function serving(world: World): { expected: Set<string>; spares: number } {
  const instances = world.openHosts.flatMap((host) => host.instances());
  const expected = instances.flatMap(({ state }) =>
    'containerId' in state ? [state.containerId ?? ''] : [],
  );
  return {
    expected: new Set(expected),
    spares: instances.filter(({ spare }) => spare !== undefined).length,
  };
}

/** The list, where it is longer than it may be. */
function beyond<T>(list: readonly T[], most: number): readonly T[] {
  return list.length > most ? list : [];
}

async function foldersBelow(parent: string, depth = 0): Promise<{ name: string; depth: number }[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const own = entries.filter((entry) => entry.isDirectory() && entry.name.startsWith('bulkhead-'));
  const below = await Promise.all(own.map(({ name }) => foldersBelow(join(parent, name), depth + 1)));
  return [...own.map(({ name }) => ({ name, depth })), ...below.flat()];
}

async function untilEmpty(look: () => Promise<string[]>): Promise<string[]> {
  const late = performance.now() + graceMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const left = await look();
    if (left.length === 0 || performance.now() > late) return left;
    await delay(pauseMs);
  }
}
