import type { AbortOption } from '../abort.ts';
import type { KindCatalog, RuntimeCatalog } from '../catalog/index.ts';
import {
  checkLaunchOptions,
  launchCheck,
  type LaunchCheck,
  type LaunchOptions,
  type PlannedOptions,
} from '../container/index.ts';
import type { Engine } from '../engine/index.ts';
import type { Plugin } from '../goplugin/index.ts';
import { callback, checkArgument, filledText } from '../settings/option-shape.ts';
import { KeyedLock } from '../waiting/keyed-lock.ts';
import { withAbsolutePaths } from './absolute-paths.ts';
import { closeParts } from './closing.ts';
import { checkHostOptions } from './host-checks.ts';
import type { PluginHostOptions, VersionOption } from './host-options.ts';
import type { HostParts } from './host-parts.ts';
import type { Instance } from './instances/instance.ts';
import type { InstanceSnapshot } from './instances/instance-state.ts';
import type { PluginLogLine } from './instances/plugin-log.ts';
import type { PluginRegistry } from './launching/plugin-registry.ts';
import type { UnregisteredPlugin } from './launching/resolver.ts';
import { checkInstanceId, checkLaunch, checkMethodOptions, checkPluginName } from './method-checks.ts';
import { noteDrift } from './mounts/drift.ts';
import type { Mount, MountOptions } from './mounts/mount.ts';
import { mountArguments, mountSource } from './mounts/mount-arguments.ts';
import { reloadPlugin, type ReloadOptions } from './mounts/reload.ts';
import { endControl, openControl, openParts, sweepAgain } from './opening.ts';
import type { Sweep } from './orphans/sweep.ts';
import { prometheusText, type HostMetrics } from './reporting/metrics.ts';

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
  /** Folder in which the folders for the sockets of plugins are made; `undefined` for the usual one. */
  readonly socketDirectory: string | undefined;
  /** Registered plugin runtimes. */
  readonly runtimes: RuntimeCatalog;
  /** Registered kinds of plugins, beside those that are built in and those of the option `kinds`. */
  readonly kinds: KindCatalog;
  /** Registered plugins and pins. */
  readonly plugins: PluginRegistry;
  readonly #parts: HostParts;
  readonly #options: PluginHostOptions;
  #control: AsyncDisposable | undefined;
  readonly #reloads = new KeyedLock();

  private constructor(options: PluginHostOptions, parts: HostParts) {
    this.id = parts.identity.hostId;
    this.clusterId = parts.identity.clusterId;
    this.socketDirectory = options.socketDirectory;
    this.runtimes = parts.runtimes;
    this.kinds = parts.registeredKinds;
    this.plugins = parts.plugins;
    this.#parts = parts;
    this.#options = options;
  }

  /**
   * Opens a host on the engine at `socketPath`, or the first that is found (`DOCKER_HOST`, `CONTAINER_HOST`, Docker
   * context, usual sockets). Where none answers, a Podman service of the host's own is started with the first launch.
   * Removes what dead hosts of the same cluster have left there.
   *
   * With a `directory`, the commands `ps`, `logs`, `call` and `plugin reload` of the same user can ask the host; see the
   * option `control`.
   *
   * @throws the errors of `connectEngine`; StoreError when the directory can't be read
   * @remarks Abort closes what was opened.
   */
  static async open(options: PluginHostOptions = {}): Promise<PluginHost> {
    checkHostOptions(options);
    const resolved = withAbsolutePaths(options);
    const parts = await openParts(resolved);
    const host = new PluginHost(resolved, parts);
    try {
      host.#control = await openControl(host, resolved, parts.logger);
      options.signal?.throwIfAborted();
    } catch (error) {
      await host.close().catch(() => undefined); // what went wrong first counts
      throw error;
    }
    return host;
  }

  /**
   * Returns the engine that runs plugins of this runtime (default: the host's), for example to load images. Without a
   * runtime, an engine is returned also where the host's runtime is not installed, because images need none.
   */
  async engine(runtime?: string): Promise<Engine> {
    if (runtime !== undefined) checkArgument('host.engine', 'runtime', filledText, runtime);
    const { lifetime, engines, runtime: usual } = this.#parts;
    lifetime.refuseClosed();
    return runtime === undefined ? engines.any(usual) : engines.forRuntime(runtime);
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
    const { lifetime, singles, sources } = this.#parts;
    if (typeof first !== 'string') {
      checkLaunch(first);
      return lifetime.work(first.signal, (ours) => singles.startUnregistered(first, ours));
    }
    checkPluginName('start', first, name);
    checkMethodOptions('start', options);
    const { version, signal } = options;
    return lifetime.work(signal, async (ours) =>
      singles.start(await sources.resolve({ kind: 'registered', type: first, name, version }, ours), ours),
    );
  }

  /**
   * Says whether and how the plugin can run here, or why not: plans its launch and judges the plan without carrying it
   * out. No container and no folder is made. Only where there is no engine, a Podman service of our own is started, as
   * by a launch. `mlock` overrides whether it, or its plugin runtime, may lock its memory.
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
    const { catalog, launcher, lifetime, resolver, singles } = this.#parts;
    if (typeof first !== 'string') {
      checkLaunchOptions('host.check', first);
      return lifetime.work(first.signal, (ours) => singles.checkUnregistered(first, ours));
    }
    checkPluginName('check', first, name);
    checkMethodOptions('check', options);
    const { version, mlock, signal } = options;
    return lifetime.work(signal, async (ours) => {
      const judged = await resolver.judged(await catalog.resolve(first, name, version), ours);
      const launch = { ...judged.launch, ...(mlock !== undefined && { mlock }) };
      return launchCheck(await launcher.plan({ ...judged, launch }, ours));
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
    const { source, options } = mountArguments(first, second, third);
    return this.#parts.lifetime.work(options.signal, (ours) =>
      mountSource(this.#parts, source, { ...options, ...ours }),
    );
  }

  /**
   * Starts the plugin anew, as it is registered by now, and moves its mounts over without a failed call: the new plugin
   * is started and prepared, then all mounts move at once, then the old plugin ends the calls that it has.
   *
   * @param options.mounts ids of the mounts to move; default: all mounts of the plugin
   * @param options.version moves them to this version
   * @param options.override launches the new plugin although it could not be observed whether that works
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
    const { counters, lifetime, pool, sources } = this.#parts;
    return lifetime.work(options.signal, (ours) =>
      this.#reloads.take(
        `${type} ${name}`,
        async () => {
          const moved = await reloadPlugin(pool, sources, { ...options, ...ours, type, name });
          if (moved > 0) counters.of({ type, name }).reloads += 1;
          return moved;
        },
        ours,
      ),
    );
  }

  /** Snapshots of all instances at this moment. */
  instances(): InstanceSnapshot[] {
    const { pool } = this.#parts;
    return pool.instances.map((instance) => pool.snapshot(instance));
  }

  /** Every mount. */
  mounts(): readonly Mount[] {
    return this.#parts.pool.mounts;
  }

  /**
   * Compares what runs with what is registered and present by now, and notes the differences in the instances' `drift`.
   * A reload removes them.
   */
  async checkDrift(options: AbortOption = {}): Promise<InstanceSnapshot[]> {
    checkMethodOptions('checkDrift', options);
    const { lifetime, pool, sources } = this.#parts;
    await lifetime.work(options.signal, (ours) => noteDrift(pool, sources, ours));
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
    return this.#parts.counters.snapshot(this.instances(), this.mounts().length);
  }

  /** The same counters as text for Prometheus. */
  prometheus(): string {
    return prometheusText(this.metrics());
  }

  /**
   * Removes containers and folders with sockets that dead hosts of this cluster have left. `open` does it too. What
   * belongs to a living host or to another cluster is left alone.
   *
   * Looks at every engine that a dead host has recorded, and starts a Podman service that ended with its host again. An
   * engine that can't be asked is named among the `failures`.
   *
   * @param options.recorded false looks only at the engines that this host is connected to
   */
  async gc(options: AbortOption & { readonly recorded?: boolean | undefined } = {}): Promise<Sweep> {
    checkMethodOptions('gc', options);
    const { recorded } = options;
    return this.#parts.lifetime.work(options.signal, (ours) =>
      sweepAgain(this.#parts, this.#options, { ...ours, recorded }),
    );
  }

  /**
   * Ends every mount and plugin, removes every container, and stops the engine if it is the host's own. Idempotent. All
   * plugins together have `limitMs` milliseconds (default 10000) to end by themselves; then they are killed.
   */
  async close(options: { limitMs?: number | undefined } = {}): Promise<void> {
    checkMethodOptions('close', options);
    return this.#parts.lifetime.close(async () => {
      await endControl(this.#control, this.id, this.#parts.logger);
      await closeParts(this.#parts, options.limitMs ?? 10_000);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #instance(id: string): Instance | undefined {
    return this.#parts.pool.instances.find((instance) => instance.id === id);
  }
}
