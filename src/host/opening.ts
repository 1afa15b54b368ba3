/** Opens a host: its store, identity and engines, and the sweep of what dead hosts have left. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { AbortOption } from '../abort.ts';
import { fileStore, memoryStore } from '../catalog/index.ts';
import type { Engine, PodmanServiceOptions } from '../engine/index.ts';
import { runtimeFolder, temporaryFolder } from '../linux/standard-folders.ts';
import { serveControl, type ControlledHost } from './control/serve-control.ts';
import { clusterIdOf } from './orphans/cluster-id.ts';
import { Engines, runRootOf } from './launching/engines.ts';
import { careful, publish, silentLogger, type HostLogger } from './reporting/events.ts';
import type { PluginHostOptions } from './host-options.ts';
import { assembleParts, type HostParts } from './host-parts.ts';
import {
  engineKey,
  forgetSwept,
  OwnRecord,
  readRecords,
  recordStore,
  type UsedEngine,
} from './orphans/host-record.ts';
import { Counters } from './reporting/metrics.ts';
import { OwnedFolders } from './orphans/owned-folders.ts';
import { ownerKey } from './orphans/owner-key.ts';
import { sweepAll, type MayLive, type Sweep } from './orphans/sweep.ts';
import { sweepRecorded } from './orphans/sweep-recorded.ts';
import { Watchdog } from './orphans/watchdog.ts';

/**
 * Lets other processes of this user ask the host, where it has a directory. A host is opened all the same where no socket
 * can be made, such as on a read-only file system, unless the socket was asked for.
 *
 * @throws the errors of `serveControl` when the option `control` is true
 */
export async function openControl(
  host: ControlledHost,
  { directory, trustedOwners = [], control }: PluginHostOptions,
  logger: HostLogger,
): Promise<AsyncDisposable | undefined> {
  if (directory === undefined || control === false) return undefined;
  try {
    const removed = (text: string): void => {
      logger.warn(text, { host: host.id, concerns: 'control' });
    };
    return await serveControl(
      host,
      { directory: resolve(directory), trustedOwners },
      {
        removed,
        keepsAlive: false,
      },
    );
  } catch (error) {
    if (control === true) throw error;
    logger.warn(
      'this host can not be asked by ps, logs, call and reload: it has no socket in its directory',
      {
        host: host.id,
        error,
      },
    );
    return undefined;
  }
}

/**
 * Ends what other processes ask. A socket that can't be removed, as on a file system that has become read-only, must not keep
 * the host from removing its containers; nobody listens there any more.
 */
export async function endControl(
  control: AsyncDisposable | undefined,
  host: string,
  logger: HostLogger,
): Promise<void> {
  try {
    await control?.[Symbol.asyncDispose]();
  } catch (error) {
    logger.warn('the socket of this host could not be removed from its directory', { host, error });
  }
}

/** @throws the errors of `PluginHost.open` */
export async function openParts(options: PluginHostOptions): Promise<HostParts> {
  const { signal, sweep = true, directory, trustedOwners } = options;
  const store =
    options.store ?? (directory === undefined ? memoryStore() : fileStore(directory, { trustedOwners }));
  const clusterId = options.clusterId ?? (await clusterIdOf(store, directory !== undefined));
  const identity = { hostId: randomUUID(), clusterId, vaultLabels: options.vaultLabels ?? false };
  const { key, lasts, folder } = await ownerKey({ directory: options.directory });
  const records = recordStore(options, folder);
  const record = new OwnRecord(records, { ...identity, parents: parentsOf(options) });
  const cluster = { clusterId, key };
  const counters = new Counters();
  const logger = careful(options.logger ?? silentLogger);
  const host = identity.hostId;
  const folders = new OwnedFolders({ hostId: host, clusterId }, (lost) => {
    logger.warn('a folder for sockets was removed or changed by somebody, and was made anew', {
      host,
      ...lost,
    });
    publish('bulkhead:folder', () => ({ host, ...lost }));
  });
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
  if (record.place !== undefined) watchdog?.remember(record.place);
  const engines = await Engines.open(
    options,
    {
      connected: async (engine, podman) => {
        const used = usedEngine(engine, podman);
        await record.add(used).catch((error: unknown) => {
          logger.warn(
            'the record of this host could not be written: gc will not find what it leaves when it is killed',
            {
              host: identity.hostId,
              error,
            },
          );
        });
        watchdog?.watch(
          podman === undefined ? { socketPath: engine.socketPath } : { podman: storageOf(podman) },
        );
        if (!sweep) return;
        const before = await readRecords(records, clusterId).catch(() => ({ records: [] }));
        const swept = await sweepAll([engine], [], cluster, { mayLive });
        tell(swept);
        if (swept.failures.length > 0) return;
        await forgetSwept(records, before.records, new Set([engineKey(used)])).catch(() => undefined);
      },
      socketFolder: (parent) => folders.below(parent),
      serviceLost: (lost) => {
        const failed = 'error' in lost;
        logger[failed ? 'error' : 'warn'](
          failed
            ? "a Podman service of this host's own could not be started again"
            : "a Podman service of this host's own was started again",
          { host, ...lost },
        );
        publish('bulkhead:service', () => ({ host, ...lost }));
      },
    },
    { signal },
  ).catch((error: unknown) => {
    watchdog?.dismiss();
    void record.remove().catch(() => undefined);
    throw error;
  });
  if (sweep) tell(await sweepAll([], parentsOf(options), cluster, { mayLive }));
  const opened = { identity, store, engines, folders, key, counters, logger, watchdog, records, record };
  return assembleParts(options, opened);
}

function usedEngine({ socketPath, info }: Engine, podman: PodmanServiceOptions | undefined): UsedEngine {
  if (podman?.runtime === undefined) return { kind: 'socket', socketPath };
  const { runtime, root, runRoot, tmpDir } = podman;
  const storage = { root: info.storageRoot, runRoot: runRootOf(info) };
  return { kind: 'podman', runtime, root, runRoot, tmpDir, storage, socketPath };
}

/** The options that are needed to look into the same storage again. */
function storageOf({ runtime, root, runRoot, tmpDir }: PodmanServiceOptions): PodmanServiceOptions {
  return { runtime, root, runRoot, tmpDir };
}

/** Folders that may hold folders of sockets. */
function parentsOf({ socketDirectory, podman }: PluginHostOptions): string[] {
  const podmans = podman?.socketDirectory ?? runtimeFolder(process.env);
  const temporary = temporaryFolder();
  return [...new Set([socketDirectory ?? temporary, temporary, ...(podmans === undefined ? [] : [podmans])])];
}

/**
 * Sweeps the folders and engines that an open host uses by now, and those that dead hosts have recorded unless `recorded`
 * is false.
 */
export async function sweepAgain(
  { identity, key, folders, counters, logger, records, record: own, ...parts }: HostParts,
  options: PluginHostOptions,
  { signal, recorded }: AbortOption & { readonly recorded?: boolean | undefined },
): Promise<Sweep> {
  const { hostId, clusterId } = identity;
  const parents = [...parentsOf(options), ...folders.parents];
  const cluster = { clusterId, key };
  const engines = await parts.engines.connected();
  const swept = await (recorded === false
    ? sweepAll(engines, parents, cluster, { signal })
    : sweepRecorded({ engines, parents, cluster, records, own }, { signal }));
  tellSweep(swept, hostId, counters, logger);
  return swept;
}

/** Counts, logs and publishes what a sweep removed. */
function tellSweep(swept: Sweep, host: string, counters: Counters, logger: HostLogger): void {
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
