/** Opens a host: its store, identity and engines, and the sweep of what dead hosts have left. */
import { randomUUID } from 'node:crypto';
import { fileStore, memoryStore } from '../catalog/index.ts';
import type { PodmanServiceOptions } from '../engine/index.ts';
import { runtimeFolder, temporaryFolder } from '../linux/standard-folders.ts';
import { clusterIdOf } from './orphans/cluster-id.ts';
import { Engines } from './launching/engines.ts';
import { careful, publish, silentLogger, type HostLogger } from './reporting/events.ts';
import type { PluginHostOptions } from './host-options.ts';
import { assembleParts, type HostParts } from './host-parts.ts';
import { Counters } from './reporting/metrics.ts';
import { OwnedFolders } from './orphans/owned-folders.ts';
import { ownerKey } from './orphans/owner-key.ts';
import { sweepAll, type MayLive, type Sweep } from './orphans/sweep.ts';
import { Watchdog } from './orphans/watchdog.ts';

/** @throws the errors of `PluginHost.open` */
export async function openParts(options: PluginHostOptions): Promise<HostParts> {
  const { signal, sweep = true, directory, trustedOwners } = options;
  const store =
    options.store ?? (directory === undefined ? memoryStore() : fileStore(directory, { trustedOwners }));
  const clusterId = options.clusterId ?? (await clusterIdOf(store, directory !== undefined));
  const identity = { hostId: randomUUID(), clusterId, vaultLabels: options.vaultLabels ?? false };
  const { key, lasts } = await ownerKey({ directory: options.directory });
  const cluster = { clusterId, key };
  const folders = new OwnedFolders({ hostId: identity.hostId, clusterId });
  const counters = new Counters();
  const logger = careful(options.logger ?? silentLogger);
  if (!lasts) {
    logger.warn(
      'no folder of this user can hold the key that proves who made a container: if this host is killed, its containers are left',
      { host: identity.hostId },
    );
  }
  const tell = (swept: Sweep): void => {
    tellSweep(swept, identity.hostId, counters, logger);
  };
  const mayLive: MayLive = { folders: new Set(), anywhere: false };
  const watchdog =
    options.watchdog === true ? new Watchdog({ cluster, parents: parentsOf(options) }) : undefined;
  const engines = await Engines.open(
    options,
    {
      connected: async (engine, podman) => {
        watchdog?.watch(
          podman === undefined ? { socketPath: engine.socketPath } : { podman: storageOf(podman) },
        );
        if (sweep) tell(await sweepAll([engine], [], cluster, { mayLive }));
      },
      socketFolder: (parent) => folders.below(parent),
    },
    { signal },
  ).catch((error: unknown) => {
    watchdog?.dismiss();
    throw error;
  });
  if (sweep) tell(await sweepAll([], parentsOf(options), cluster, { mayLive }));
  return assembleParts(options, { identity, store, engines, folders, key, counters, logger, watchdog });
}

/** The options that are needed to look into the same storage again. */
function storageOf({ runtime, root, runRoot, tmpDir }: PodmanServiceOptions): PodmanServiceOptions {
  return { runtime, root, runRoot, tmpDir };
}

/** Folders that may hold folders of sockets. */
export function parentsOf({ socketDirectory, podman }: PluginHostOptions): string[] {
  const podmans = podman?.socketDirectory ?? runtimeFolder(process.env);
  const temporary = temporaryFolder();
  return [...new Set([socketDirectory ?? temporary, temporary, ...(podmans === undefined ? [] : [podmans])])];
}

/** Counts, logs and publishes what a sweep removed. */
export function tellSweep(swept: Sweep, host: string, counters: Counters, logger: HostLogger): void {
  const { containers, images, folders, unproved, failures } = swept;
  counters.sweptContainers += containers.length;
  counters.sweptFolders += folders.length;
  for (const failure of failures)
    logger.warn('something of a dead host could not be removed', { host, failure });
  for (const name of unproved) {
    logger.warn('left alone a container with labels of this cluster that no host of this user has set', {
      host,
      container: name,
    });
  }
  if (containers.length + images.length + folders.length + failures.length === 0) return;
  logger.info('removed what dead hosts had left', {
    host,
    containers: containers.length,
    images: images.length,
    folders: folders.length,
  });
  publish('bulkhead:sweep', () => ({ host, ...swept }));
}
