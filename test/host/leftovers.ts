import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../src/engine/index.ts';
import { hostLabels } from '../../src/host/index.ts';
import { heldNow } from '../../src/soak/held.ts';

/** What a host left behind: names of its containers at the engine and of its socket directories below `parent`. */
export async function leftovers(engine: Engine, hostId: string, parent: string): Promise<string[]> {
  const containers = await engine.containers.list({
    all: true,
    filters: { label: [`${hostLabels.hostId}=${hostId}`] },
  });
  const folders = await readdir(parent);
  const inside = folders.filter((name) => name.startsWith('bulkhead-h-')); // of hosts that are open
  const directories = [
    ...folders.filter((name) => name.startsWith('bulkhead-') && !inside.includes(name)),
    ...(await Promise.all(inside.map((name) => readdir(join(parent, name)).catch(() => [])))).flat(),
  ].filter((name) => name !== 'owner.json');
  return [
    ...containers.map(({ id }) => `container ${id}`),
    ...directories.map((name) => `directory ${name}`),
  ];
}

/**
 * What this process holds open: sockets and pipes by number, and the timers that would keep it alive. Compare before
 * and after; files of the module loader come and go, so only sockets, pipes and timers count.
 */
export function heldResources(): { sockets: number; timers: number } {
  const { sockets, timers } = heldNow();
  return { sockets, timers };
}
