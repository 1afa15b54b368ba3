/** What hosts that are gone have left: containers and folders. */
import { dirname } from 'node:path';
import { removeContainer } from '../container/remove.ts';
import type { Engine } from '../engine/index.ts';
import { hostLabels, ownerLiveness } from './labels.ts';
import { sweepFolders } from './owned-folders.ts';

/** What was removed. */
export interface Sweep {
  readonly containers: readonly SweptContainer[];
  /** Folders with sockets. */
  readonly folders: readonly string[];
  /** What could not be removed, or not be looked for. */
  readonly failures: readonly string[];
}

export interface SweptContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly hostId: string;
  readonly plugin: string;
  /** Where its sockets were. */
  readonly folder: string;
}

/**
 * Removes the containers of this cluster whose hosts are gone, running or not. Process id, start time and boot id together
 * prove that a host is gone; what can't be proved is left alone.
 */
export async function sweepContainers(
  engine: Engine,
  clusterId: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Pick<Sweep, 'containers' | 'failures'>> {
  const filters = { label: [`${hostLabels.clusterId}=${clusterId}`] };
  const found = await engine.containers.list({ all: true, filters, signal });
  const orphans = found.filter(({ labels }) => ownerLiveness(labels) === 'gone');
  const failures: string[] = [];
  const removed = await Promise.all(
    orphans.map(async ({ id, names, image, labels }) => {
      try {
        await removeContainer(engine, id);
      } catch (error) {
        failures.push((error as Error).message);
        return [];
      }
      const name = names[0] ?? '';
      const plugin = `${labels[hostLabels.pluginType] ?? ''} ${labels[hostLabels.pluginName] ?? ''}`.trim();
      return [
        {
          id,
          name,
          image,
          hostId: labels[hostLabels.hostId] ?? '',
          plugin,
          folder: labels[hostLabels.folder] ?? '',
        },
      ];
    }),
  );
  return { containers: removed.flat(), failures };
}

/** Sweeps engines and folders; what fails is told, and stops nothing else. */
export async function sweepAll(
  engines: readonly Engine[],
  parents: readonly string[],
  clusterId: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Sweep> {
  const failures: string[] = [];
  const containers: SweptContainer[] = [];
  for (const engine of engines) {
    try {
      const swept = await sweepContainers(engine, clusterId, { signal });
      containers.push(...swept.containers);
      failures.push(...swept.failures);
    } catch (error) {
      signal?.throwIfAborted();
      failures.push((error as Error).message);
    }
  }
  // The sockets last: a plugin that still runs would only miss them.
  const known = containers.filter(({ folder }) => folder !== '').map(({ folder }) => dirname(folder));
  const folders = await Promise.all(
    [...new Set([...parents, ...known])].map((parent) => sweepFolders(parent, clusterId)),
  );
  return { containers, folders: folders.flat(), failures };
}
