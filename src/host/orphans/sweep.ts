/** Removes what hosts that are gone have left: containers, images of probes, and folders. */
import { dirname } from 'node:path';
import { probeRepository, removeContainer } from '../../container/index.ts';
import { NotFoundError, type Engine } from '../../engine/index.ts';
import { hostLabels, makerLiveness, ownerLiveness } from './labels.ts';
import { isProved } from './owner-proof.ts';
import { sweepFolders } from './owned-folders.ts';

/** The id of a cluster, and the key that proves what its hosts made. */
export interface Cluster {
  readonly clusterId: string;
  readonly key: Uint8Array;
}

/** What a sweep removed. */
export interface Sweep {
  readonly containers: readonly SweptContainer[];
  /** Names of the images that a live matrix brought along. */
  readonly images: readonly string[];
  /** Folders with sockets. */
  readonly folders: readonly string[];
  /**
   * Names of containers with this cluster's labels, but without the proof that a host of this user set them: an image
   * can carry any labels. They are left alone.
   */
  readonly unproved: readonly string[];
  /** What could not be removed or looked for, and why. */
  readonly failures: readonly string[];
}

export interface SweptContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly hostId: string;
  readonly plugin: string;
  /** Folder of its sockets. */
  readonly folder: string;
}

/**
 * Removes the containers of this cluster whose hosts are gone, running or not. Process id, start time, boot id and
 * machine id together prove that a host is gone. A container is left alone if that can't be proved, or if this user's
 * hosts did not make it.
 *
 * @returns what was done, and in `mayLive` the folders of containers that could not be removed
 */
export async function sweepContainers(
  engine: Engine,
  { clusterId, key }: Cluster,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Pick<Sweep, 'containers' | 'unproved' | 'failures'> & { readonly mayLive: readonly string[] }> {
  const found = await engine.containers.list({ all: true, filters: ofCluster(clusterId), signal });
  const ours = found.filter(({ labels, names }) => isProved(labels, names, key));
  const unproved = found.filter((container) => !ours.includes(container));
  const orphans = ours.filter((container) => ownerLiveness(container) === 'gone');
  const failures: string[] = [];
  const mayLive: string[] = [];
  const removed = await Promise.all(
    orphans.map(async ({ id, names, image, labels, state }) => {
      try {
        await removeContainer(engine, id, { mayBePaused: state === 'paused' });
      } catch (error) {
        failures.push((error as Error).message);
        const folder = labels[hostLabels.folder] ?? '';
        if (folder !== '') mayLive.push(folder);
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
  return {
    containers: removed.flat(),
    unproved: unproved.map(({ id, names }) => names[0] ?? id),
    failures,
    mayLive,
  };
}

/**
 * Removes the images of probes whose matrix is gone. Images with other names are left alone, whatever their labels say.
 */
async function sweepImages(
  engine: Engine,
  { clusterId, key }: Cluster,
  { signal }: { signal?: AbortSignal | undefined },
): Promise<Pick<Sweep, 'images' | 'failures'>> {
  const found = await engine.images.list({ filters: ofCluster(clusterId), signal });
  const orphans = found
    .filter(({ labels }) => makerLiveness(labels) === 'gone')
    .flatMap(({ labels, tags }) => tags.filter((tag) => isProved(labels, [repositoryOf(tag)], key)))
    .filter((tag) => tag.startsWith(probeRepository));
  const images: string[] = [];
  const failures: string[] = [];
  for (const tag of orphans) {
    await engine.images.remove(tag, { signal }).then(
      () => images.push(tag),
      (error: unknown) => {
        signal?.throwIfAborted();
        if (!(error instanceof NotFoundError)) failures.push((error as Error).message); // another sweep was faster
      },
    );
  }
  return { images, failures };
}

function repositoryOf(tag: string): string {
  return tag.slice(0, tag.lastIndexOf(':'));
}

function ofCluster(clusterId: string): { label: string[] } {
  return { label: [`${hostLabels.clusterId}=${clusterId}`] };
}

/** Findings of earlier sweeps that later ones have to respect. */
export interface MayLive {
  /** Folders of containers that could not be removed. */
  readonly folders: Set<string>;
  /** Whether an engine could not be asked, so that the container of any folder may live. */
  anywhere: boolean;
}

/**
 * Sweeps engines and folders. A failure is reported and stops nothing else. A folder stays while its container may
 * live.
 */
export async function sweepAll(
  engines: readonly Engine[],
  parents: readonly string[],
  cluster: Cluster,
  {
    signal,
    mayLive = { folders: new Set(), anywhere: false },
  }: { signal?: AbortSignal | undefined; mayLive?: MayLive | undefined } = {},
): Promise<Sweep> {
  const failures: string[] = [];
  const containers: SweptContainer[] = [];
  const images: string[] = [];
  const unproved: string[] = [];
  for (const engine of engines) {
    try {
      const swept = await sweepContainers(engine, cluster, { signal });
      containers.push(...swept.containers);
      unproved.push(...swept.unproved);
      for (const folder of swept.mayLive) mayLive.folders.add(folder);
      const unused = await sweepImages(engine, cluster, { signal }); // their containers are removed by now
      images.push(...unused.images);
      failures.push(...swept.failures, ...unused.failures);
    } catch (error) {
      signal?.throwIfAborted();
      failures.push((error as Error).message);
      mayLive.anywhere = true;
    }
  }
  if (mayLive.anywhere) {
    const left =
      parents.length === 0 ? [] : ['folders for sockets were left, because an engine could not be asked'];
    return { containers, images, folders: [], unproved, failures: [...failures, ...left] };
  }
  // The sockets come last, because a plugin that still runs would miss them. The proved labels of containers name the
  // folders.
  const known = containers.filter(({ folder }) => folder !== '').map(({ folder }) => dirname(folder));
  const folders = await Promise.all(
    [...new Set([...parents, ...known])].map((parent) =>
      sweepFolders(parent, cluster.clusterId, { keep: mayLive.folders, failures }),
    ),
  );
  return { containers, images, folders: folders.flat(), unproved, failures };
}
