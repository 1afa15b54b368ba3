import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { AbortOption } from '../abort.ts';
import { PluginCatalog, RuntimeCatalog } from '../catalog/index.ts';
import {
  checkLaunchOptions,
  defaultRuntime,
  launchCheck,
  type LaunchCheck,
  type LaunchOptions,
  type PlannedOptions,
} from '../container/index.ts';
import type { Engine } from '../engine/index.ts';
import type { Plugin } from '../goplugin/index.ts';
import { noteDrift } from './mounts/drift.ts';
import type { Engines } from './launching/engines.ts';
import type { HostLogger } from './reporting/events.ts';
import { withAbsolutePaths } from './absolute-paths.ts';
import { checkHostOptions } from './host-checks.ts';
import type { PluginHostOptions, VersionOption } from './host-options.ts';
import {
  checkInstanceId,
  checkLaunch,
  checkMethodOptions,
  checkPluginName,
  checkUnregistered,
} from './method-checks.ts';
import { callback, checkArgument, filledText } from '../settings/option-shape.ts';
import type { Instance } from './instances/instance.ts';
import type { InstanceSnapshot } from './instances/instance-state.ts';
import { KeyedLock } from '../waiting/keyed-lock.ts';
import type { HostIdentity } from './orphans/labels.ts';
import { Launcher } from './launching/launcher.ts';
import { Lifetime } from './lifetime.ts';
import { prometheusText, type Counters, type HostMetrics } from './reporting/metrics.ts';
import type { Mount, MountOptions } from './mounts/mount.ts';
import { openParts, parentsOf, tellSweep, type HostParts } from './opening.ts';
import type { OwnedFolders } from './orphans/owned-folders.ts';
import type { PluginLogLine } from './instances/plugin-log.ts';
import { PluginRegistry } from './launching/plugin-registry.ts';
import { Pool } from './mounts/pool.ts';
import { reloadPlugin, type ReloadOptions } from './mounts/reload.ts';
import type { ResolvedPlugin } from './resolved-plugin.ts';
import { Report } from './reporting/report.ts';
import { Resolver, type UnregisteredPlugin } from './launching/resolver.ts';
import { SinglePlugins } from './launching/single-plugins.ts';
import { Sources, type Source } from './mounts/sources.ts';
import { Starts } from './launching/starts.ts';
import { sweepAll, type Sweep } from './orphans/sweep.ts';
import { vaultKinds } from '../kinds/vault/kinds.ts';
import type { Watchdog } from './orphans/watchdog.ts';

/**
 * Runs plugins in containers, keeps them running, and ends with all of them.
 *
 * ```ts
 * await using host = await PluginHost.open({ directory: './bulkhead' });
 * await host.plugins.register({ type: 'secret', name: 'kv', version: '0.24.0', ociImage: 'vault-plugin-secrets-kv' });
 * await using mount = await host.mount('secret', 'kv'); // survives restarts and reloads
 * await using plugin = await host.start('secret', 'kv'); // one plugin, for as long as it lives
 * ```
 */
export class PluginHost implements AsyncDisposable {
  /** Value of the label `io.bulkhead.host` of this host's containers. */
  readonly id: string;
  readonly clusterId: string;
  /** Registered plugin runtimes. */
  readonly runtimes: RuntimeCatalog;
  /** Registered plugins and pins. */
  readonly plugins: PluginRegistry;
  readonly #catalog: PluginCatalog;
  readonly #engines: Engines;
  readonly #runtime: string;
  readonly #resolver: Resolver;
  readonly #launcher: Launcher;
  readonly #folders: OwnedFolders;
  readonly #key: Uint8Array;
  readonly #sources: Sources;
  readonly #singles: SinglePlugins;
  readonly #pool: Pool;
  readonly #counters: Counters;
  readonly #logger: HostLogger;
  readonly #watchdog: Watchdog | undefined;
  readonly #options: PluginHostOptions;
  readonly #reloads = new KeyedLock();
  readonly #lifetime = new Lifetime();

  private constructor(
    options: PluginHostOptions,
    identity: HostIdentity,
    { store, engines, folders, key, counters, logger, watchdog }: HostParts,
  ) {
    this.id = identity.hostId;
    this.clusterId = identity.clusterId;
    this.#options = options;
    this.#engines = engines;
    this.#folders = folders;
    this.#key = key;
    this.#counters = counters;
    this.#watchdog = watchdog;
    this.#logger = logger;
    this.#runtime = options.runtime ?? defaultRuntime;
    const kinds = { ...vaultKinds, ...options.kinds };
    this.runtimes = new RuntimeCatalog(store);
    this.#resolver = new Resolver({
      kinds,
      runtimes: this.runtimes,
      engines,
      runtime: this.#runtime,
      secret: randomBytes(16),
    });
    this.#launcher = new Launcher({
      identity,
      key,
      folders,
      starts: new Starts(options.limits),
      counters,
      socketDirectory: options.socketDirectory,
    });
    this.#singles = new SinglePlugins(this.#launcher, engines, { runtime: this.#runtime, logger });
    this.#pool = new Pool(this.#launcher, new Report(this.id, counters, logger), options);
    this.#catalog = new PluginCatalog(store, this.runtimes);
    this.#sources = new Sources(this.#catalog, this.#resolver);
    this.plugins = new PluginRegistry(this.#catalog, {
      kinds,
      resolve: (entry, { signal }) =>
        this.#lifetime.work(signal, (ours) => this.#resolver.registered(entry, ours)),
      start: (plugin, { signal }) => this.#lifetime.work(signal, (ours) => this.#singles.start(plugin, ours)),
    });
  }

  /**
   * Opens a host on the engine at `socketPath`, or the first that is found (`DOCKER_HOST`, `CONTAINER_HOST`, Docker
   * context, usual sockets). Where none answers, a Podman service of the host's own is started with the first launch.
   * Removes what dead hosts of the same cluster have left there.
   *
   * @throws the errors of `connectEngine`; StoreError when the directory can't be read
   * @remarks Abort closes what was opened.
   */
  static async open(options: PluginHostOptions = {}): Promise<PluginHost> {
    checkHostOptions(options);
    const resolved = withAbsolutePaths(options);
    const { identity, parts } = await openParts(resolved);
    return new PluginHost(resolved, identity, parts);
  }

  /**
   * Returns the engine that runs plugins of this runtime (default: the host's), for example to load images. Without a
   * runtime, an engine is returned also where the host's runtime is not installed, because images need none.
   */
  async engine(runtime?: string): Promise<Engine> {
    if (runtime !== undefined) checkArgument('host.engine', 'runtime', filledText, runtime);
    this.#lifetime.refuseClosed();
    return runtime === undefined ? this.#engines.any(this.#runtime) : this.#engines.forRuntime(runtime);
  }

  /**
   * Starts a plugin in a container of its own that is not restarted. The container is removed when the plugin is
   * disposed of, when it ends by itself, and when the host closes.
   *
   * @throws `HOST_CLOSED` when the host closes in the meantime; HostLimitError; else the errors of `launchPlugin`, and
   *   for a registered plugin those of the catalogs and `IMAGE_DIGEST_MISMATCH`
   * @remarks Abort removes what was made and rethrows the reason untouched.
   */
  start(type: string, name: string, options?: VersionOption & AbortOption): Promise<Plugin>;
  start(options: LaunchOptions): Promise<Plugin>;
  async start(
    first: LaunchOptions | string,
    name?: string,
    options: VersionOption & AbortOption = {},
  ): Promise<Plugin> {
    if (typeof first !== 'string') {
      checkLaunch(first);
      return this.#lifetime.work(first.signal, (ours) => this.#singles.startUnregistered(first, ours));
    }
    checkPluginName('start', first, name);
    checkMethodOptions('start', options);
    const { version, signal } = options;
    return this.#lifetime.work(signal, async (ours) =>
      this.#singles.start(await this.#registered(first, name, version, ours), ours),
    );
  }

  /**
   * Says whether and how the plugin can run here, or why not: plans its launch and judges the plan without carrying it
   * out. No container and no folder is made. Only where there is no engine, a Podman service of our own is started, as
   * by a launch. `mlock` overrides whether its plugin runtime lets it lock its memory.
   *
   * @throws the errors of the catalogs, ImageNotPresentError, `IMAGE_DIGEST_MISMATCH`
   */
  async check(
    type: string,
    name: string,
    options?: VersionOption & AbortOption & { readonly mlock?: boolean | undefined },
  ): Promise<LaunchCheck>;
  /** Says the same of a plugin that is in no catalog. */
  check(options: PlannedOptions & AbortOption): Promise<LaunchCheck>;
  async check(
    first: string | (PlannedOptions & AbortOption),
    name?: string,
    options: VersionOption & AbortOption & { readonly mlock?: boolean | undefined } = {},
  ): Promise<LaunchCheck> {
    if (typeof first !== 'string') {
      checkLaunchOptions('host.check', first);
      return this.#lifetime.work(first.signal, (ours) => this.#singles.checkUnregistered(first, ours));
    }
    checkPluginName('check', first, name);
    checkMethodOptions('check', options);
    const { version, mlock, signal } = options;
    return this.#lifetime.work(signal, async (ours) => {
      const judged = await this.#resolver.judged(await this.#catalog.resolve(first, name, version), ours);
      const launch = { ...judged.launch, ...(mlock !== undefined && { mlock }) };
      return launchCheck(await this.#launcher.plan({ ...judged, launch }, ours));
    });
  }

  /**
   * Mounts a plugin: joins the instance that already runs it with the same settings, if the plugin may be shared, or
   * starts one. The instance is kept running; closing its last mount stops it.
   *
   * Calls of the mount's clients wait for a restart. They are sent again when it is certain that they did not reach the
   * plugin that was lost; see `RoutedCallOptions`.
   *
   * @throws the errors of `start`, and what `prepare` throws
   * @remarks Abort leaves no mount and no instance of it.
   */
  mount(plugin: UnregisteredPlugin, options?: MountOptions): Promise<Mount>;
  mount(type: string, name: string, options?: MountOptions & VersionOption): Promise<Mount>;
  async mount(
    first: UnregisteredPlugin | string,
    second?: string | MountOptions,
    third: MountOptions & VersionOption = {},
  ): Promise<Mount> {
    const { source, options } = askedFor(first, second, third);
    return this.#lifetime.work(options.signal, async (ours) => {
      const plugin = await this.#sources.resolve(source, ours);
      const version = source.kind === 'registered' ? source.version : undefined;
      const asked = { type: plugin.type, name: plugin.name, version };
      const mount = await this.#pool.mount(plugin, asked, { ...options, ...ours });
      this.#sources.set(mount, source);
      return mount;
    });
  }

  /**
   * Starts the plugin anew, as it is registered by now, and moves its mounts over without a failed call: the new plugin
   * is started and prepared, then all mounts move at once, then the old plugin ends the calls that it has.
   *
   * @param options.mounts ids of the mounts to move; default: all mounts of the plugin
   * @param options.version moves them to this version
   * @returns how many mounts moved; 0 when the plugin has none
   * @throws ReloadFailedError, and then everything runs on as before
   * @remarks Abort before the mounts have moved undoes everything and rethrows the reason.
   */
  async reload(
    type: string,
    name: string,
    options: ReloadOptions & VersionOption & { readonly mounts?: readonly string[] | undefined } = {},
  ): Promise<number> {
    checkPluginName('reload', type, name);
    checkMethodOptions('reload', options);
    return this.#lifetime.work(options.signal, (ours) =>
      this.#reloads.take(
        `${type} ${name}`,
        async () => {
          const moved = await reloadPlugin(this.#pool, this.#sources, { ...options, ...ours, type, name });
          if (moved > 0) this.#counters.of({ type, name }).reloads += 1;
          return moved;
        },
        ours,
      ),
    );
  }

  /** Snapshots of all instances at this moment. */
  instances(): InstanceSnapshot[] {
    return this.#pool.instances.map((instance) => this.#pool.snapshot(instance));
  }

  /** Every mount. */
  mounts(): readonly Mount[] {
    return this.#pool.mounts;
  }

  /**
   * Compares what runs with what is registered and present by now, and notes the differences in the instances' `drift`.
   * A reload removes them.
   */
  async checkDrift(options: AbortOption = {}): Promise<InstanceSnapshot[]> {
    checkMethodOptions('checkDrift', options);
    await this.#lifetime.work(options.signal, (ours) => noteDrift(this.#pool, this.#sources, ours));
    return this.instances();
  }

  /**
   * Starts an instance at once that was given up (state `failed`) or waits for its next start.
   *
   * @returns whether it exists
   */
  reset(instanceId: string): boolean {
    checkInstanceId('host.reset', instanceId);
    const instance = this.#instance(instanceId);
    instance?.reset();
    return instance !== undefined;
  }

  /** The last thousand lines that an instance's plugins wrote. Empty when there is no such instance. */
  logs(instanceId: string): readonly PluginLogLine[] {
    checkInstanceId('host.logs', instanceId);
    return this.#instance(instanceId)?.log.lines() ?? [];
  }

  /**
   * Calls `listener` for every line that an instance's plugins write from now on.
   *
   * @returns a function that ends this
   */
  followLogs(instanceId: string, listener: (line: PluginLogLine) => void): () => void {
    checkInstanceId('host.followLogs', instanceId);
    checkArgument('host.followLogs', 'listener', callback, listener);
    return this.#instance(instanceId)?.log.follow(listener) ?? (() => undefined);
  }

  /** Counters since the host was opened. */
  metrics(): HostMetrics {
    return this.#counters.snapshot(this.instances(), this.#pool.mounts.length);
  }

  /** The same counters as text for Prometheus. */
  prometheus(): string {
    return prometheusText(this.metrics());
  }

  /**
   * Removes containers and folders with sockets that dead hosts of this cluster have left. `open` does it too. What
   * belongs to a living host or to another cluster is left alone.
   */
  async gc(options: AbortOption = {}): Promise<Sweep> {
    checkMethodOptions('gc', options);
    return this.#lifetime.work(options.signal, async (ours) => {
      const parents = [...parentsOf(this.#options), ...this.#folders.parents];
      const cluster = { clusterId: this.clusterId, key: this.#key };
      const swept = await sweepAll(await this.#engines.connected(), parents, cluster, ours);
      tellSweep(swept, this.id, this.#counters, this.#logger);
      return swept;
    });
  }

  /**
   * Ends every mount and plugin, removes every container, and stops the engine if it is the host's own. Idempotent. All
   * plugins together have `limitMs` milliseconds (default 10000) to end by themselves; then they are killed.
   */
  async close(options: { limitMs?: number | undefined } = {}): Promise<void> {
    checkMethodOptions('close', options);
    return this.#lifetime.close(() => this.#close(options.limitMs ?? 10_000));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // --- implementation

  #registered(
    type: string,
    name: string,
    version: string | undefined,
    options: AbortOption,
  ): Promise<ResolvedPlugin> {
    return this.#sources.resolve({ kind: 'registered', type, name, version }, options);
  }

  #instance(id: string): Instance | undefined {
    return this.#pool.instances.find((instance) => instance.id === id);
  }

  async #close(limitMs: number): Promise<void> {
    const late = AbortSignal.timeout(limitMs);
    setMaxListeners(0, late); // one listener for each plugin
    const ends = await Promise.allSettled([
      ...this.#pool.mounts.map((mount) => mount.close({ drainMs: Math.ceil(limitMs / 2) })),
      ...this.#pool.instances.map((instance) => this.#pool.stop(instance, 'the host is closing')),
      ...this.#singles.stopAll(late),
    ]);
    await this.#folders.disposalsEnded(); // containers of failed launches too; they need the engine
    await this.#engines[Symbol.asyncDispose]();
    await this.#folders[Symbol.asyncDispose]();
    this.#watchdog?.dismiss();
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason as Error;
  }
}

/** @throws InvalidOptionError */
function askedFor(
  first: UnregisteredPlugin | string,
  second: string | MountOptions | undefined,
  third: MountOptions & VersionOption,
): { readonly source: Source; readonly options: MountOptions } {
  if (typeof first === 'string') {
    checkPluginName('mount', first, second);
    checkMethodOptions('mount', third);
    const { version, ...options } = third;
    return { source: { kind: 'registered', type: first, name: second, version }, options };
  }
  checkUnregistered(first);
  const options = second === undefined ? {} : (second as MountOptions);
  checkMethodOptions('mountUnregistered', options);
  return { source: { kind: 'unregistered', plugin: first }, options };
}
