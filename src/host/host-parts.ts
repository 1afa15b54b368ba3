import { randomBytes } from 'node:crypto';
import { PluginCatalog, RuntimeCatalog, type CatalogStore } from '../catalog/index.ts';
import { KindCatalog } from '../catalog/internal.ts';
import { defaultRuntime } from '../container/index.ts';
import { vaultKinds } from '../kinds/vault/kinds.ts';
import { builtInNames } from '../kinds/well-known.ts';
import type { PluginHostOptions } from './host-options.ts';
import type { Engines } from './launching/engines.ts';
import { Kinds } from './launching/kinds.ts';
import { Launcher } from './launching/launcher.ts';
import { PluginRegistry } from './launching/plugin-registry.ts';
import { Resolver } from './launching/resolver.ts';
import { SinglePlugins } from './launching/single-plugins.ts';
import { Starts } from './launching/starts.ts';
import { Lifetime } from './lifetime.ts';
import { Pool } from './mounts/pool.ts';
import { Sources } from './mounts/sources.ts';
import type { OwnRecord } from './orphans/host-record.ts';
import type { HostIdentity } from './orphans/labels.ts';
import type { OwnedFolders } from './orphans/owned-folders.ts';
import type { Watchdog } from './orphans/watchdog.ts';
import type { HostLogger } from './reporting/events.ts';
import type { Counters } from './reporting/metrics.ts';
import { Report } from './reporting/report.ts';

/** What has to be opened, found or read before a host can be put together. */
interface Opened {
  readonly identity: HostIdentity;
  readonly store: CatalogStore;
  readonly engines: Engines;
  readonly folders: OwnedFolders;
  /** The secret key that proves what this user made; see owner-proof.ts. */
  readonly key: Uint8Array;
  readonly counters: Counters;
  readonly logger: HostLogger;
  readonly watchdog: Watchdog | undefined;
  /** Where the hosts of the cluster keep their records; `undefined` where no folder of this user can hold them. */
  readonly records: CatalogStore | undefined;
  /** The record of this host. */
  readonly record: OwnRecord;
}

/** The parts of an open host. */
export type HostParts = ReturnType<typeof assembleParts>;

/** Puts a host together from what was opened. Nothing is started. */
export function assembleParts(options: PluginHostOptions, opened: Opened) {
  const { identity, store, engines, folders, key, counters, logger, record } = opened;
  const { runtime = defaultRuntime, override, startTimeoutMs } = options;
  const defaults = { runtime, override, startTimeoutMs };
  const lifetime = new Lifetime();
  const runtimes = new RuntimeCatalog(store);
  const registeredKinds = new KindCatalog(store, builtInNames);
  const kinds = new Kinds({ ...vaultKinds, ...options.kinds }, registeredKinds);
  const catalog = new PluginCatalog(store, runtimes);
  const resolver = new Resolver({ kinds, runtimes, engines, defaults, secret: randomBytes(16) });
  const sources = new Sources(catalog, resolver);
  const launcher = new Launcher({
    identity,
    key,
    folders,
    starts: new Starts(options.limits),
    counters,
    logger,
    record,
    socketDirectory: options.socketDirectory,
  });
  const singles = new SinglePlugins(launcher, engines, { defaults, logger });
  const pool = new Pool(launcher, new Report(identity.hostId, counters, logger), options);
  const plugins = new PluginRegistry(catalog, {
    kinds,
    resolve: (entry, { signal }) => lifetime.work(signal, (ours) => resolver.registered(entry, ours)),
    start: (plugin, { signal }) => lifetime.work(signal, (ours) => singles.start(plugin, ours)),
  });
  return {
    ...opened,
    runtime,
    lifetime,
    runtimes,
    registeredKinds,
    catalog,
    plugins,
    resolver,
    sources,
    launcher,
    singles,
    pool,
  };
}
