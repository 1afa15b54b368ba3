/** Sweeps and lists on every engine that the records of hosts name, and not only on those that are found. */
import type { CatalogStore } from '../../catalog/index.ts';
import type { Engine } from '../../engine/index.ts';
import { messageOf } from '../../thrown-value.ts';
import { userClusterId } from './cluster-id.ts';
import {
  engineKey,
  forgetSwept,
  readRecords,
  recordLiveness,
  recordStore,
  type OwnRecord,
  type PlacedRecord,
} from './host-record.ts';
import { ownerKey } from './owner-key.ts';
import { openRecorded, type OpenedEngines } from './recorded-engine.ts';
import { sweepAll, type Cluster, type Sweep } from './sweep.ts';

export interface SweptPlaces {
  /** The engines that are connected. */
  readonly engines: readonly Engine[];
  readonly parents: readonly string[];
  readonly cluster: Cluster;
  readonly records: CatalogStore | undefined;
  /** The record of the host that sweeps, which names the engines that are connected. */
  readonly own: OwnRecord;
}

/**
 * Sweeps the connected engines, and every engine that a dead host of the cluster has used. A Podman service that ended
 * with its host is started again for it. An engine that can't be asked is among the failures.
 */
export async function sweepRecorded(
  { engines, parents, cluster, records: store, own }: SweptPlaces,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<Sweep> {
  const { records, damaged } = await readRecords(store, cluster.clusterId).catch((error: unknown) => ({
    records: [] as PlacedRecord[],
    damaged: [`the records of hosts can't be read: ${messageOf(error)}`],
  }));
  const left = records.filter((record) => recordLiveness(record) === 'gone');
  const known = own.keys;
  await using more = await openRecorded(left, { known, signal });
  const mayLive = { folders: new Set<string>(), anywhere: more.failures.length > 0 };
  const everyEngine = [...engines, ...more.opened.map(({ engine }) => engine)];
  const swept = await sweepAll(everyEngine, [], cluster, { signal, mayLive });
  const failures = [...damaged, ...more.failures, ...swept.failures];
  if (swept.failures.length === 0) {
    const keys = new Set([...known, ...more.opened.map(({ used }) => engineKey(used))]);
    await forgetSwept(store, left, keys).catch((error: unknown) => failures.push(messageOf(error)));
  }
  const places = [...parents, ...left.flatMap((record) => record.parents)];
  const { folders, failures: kept } = await sweepAll([], places, cluster, { signal, mayLive });
  return { ...swept, folders: [...swept.folders, ...folders], failures: [...failures, ...kept] };
}

/**
 * Opens every engine that a host of this machine uses or used: the hosts of the directory, and those of this user that
 * have none. Their caller disposes of them.
 */
export async function recordedEngines(
  directory: { readonly directory: string; readonly trustedOwners?: readonly number[] | undefined },
  { known, signal }: { readonly known: ReadonlySet<string>; readonly signal: AbortSignal },
): Promise<OpenedEngines> {
  const { folder } = await ownerKey(directory);
  const [ofDirectory, ofUser] = await Promise.all([
    readRecords(recordStore(directory, folder)),
    readRecords(recordStore({}, folder), userClusterId()),
  ]);
  const records = [...ofDirectory.records, ...ofUser.records].filter(
    (record) => recordLiveness(record) !== 'unknown',
  );
  const opened = await openRecorded(records, { known, signal });
  return {
    opened: opened.opened,
    failures: [...ofDirectory.damaged, ...ofUser.damaged, ...opened.failures],
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
