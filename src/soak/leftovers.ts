/** What a trial has left: containers, folders, processes, descriptors, timers. */
import { readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { PluginHost } from '../host/index.ts';
import { containersOf } from './faults/plugin-faults.ts';
import { heldMore, heldNow, type Held } from './held.ts';
import type { World } from './world.ts';

/** How long an end that was begun may take. */
const graceMs = 15_000;
const lookEveryMs = 50;

/** Waits until nothing is left, for some time, and returns what is. */
export async function leftBehind(world: World): Promise<string[]> {
  return untilEmpty(() => found(world));
}

/** Removes with a sweep what is left, as the next host of a user does. Returns what remains even so. */
export async function leftAfterSweep(world: World): Promise<string[]> {
  const host = await PluginHost.open({ ...world.hostOptions, socketPath: world.place.socketPath });
  try {
    await host.gc();
  } finally {
    await host.close();
  }
  return untilEmpty(() => found(world));
}

/** Waits until this process holds no more than before. */
export async function stillHeld(before: Held): Promise<string[]> {
  return untilEmpty(() => Promise.resolve(heldMore(before, heldNow())));
}

async function found(world: World): Promise<string[]> {
  const containers = await containersOf(world, false);
  const folders = (await readdir(world.parent)).filter((name) => name.startsWith('bulkhead-'));
  return [
    ...containers.map((id) => `container ${id.slice(0, 12)}`),
    ...folders.map((name) => `folder ${name}`),
  ];
}

async function untilEmpty(look: () => Promise<string[]>): Promise<string[]> {
  for (const late = performance.now() + graceMs; ;) {
    const left = await look();
    if (left.length === 0 || performance.now() > late) return left;
    await delay(lookEveryMs);
  }
}
