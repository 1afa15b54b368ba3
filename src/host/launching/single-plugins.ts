import { orAborted, type AbortOption } from '../../abort.ts';
import {
  launchCheck,
  type LaunchCheck,
  type LaunchOptions,
  type PlannedOptions,
} from '../../container/index.ts';
import type { Plugin } from '../../goplugin/index.ts';
import type { HostLogger } from '../reporting/events.ts';
import type { ResolvedPlugin } from '../resolved-plugin.ts';
import type { Engines } from './engines.ts';
import type { Launcher } from './launcher.ts';

/** Plugins that `start` launched. Each lives as long as its process and is not restarted. */
export class SinglePlugins {
  readonly #launcher: Launcher;
  readonly #engines: Engines;
  readonly #runtime: string;
  readonly #override: 'unknown' | undefined;
  readonly #logger: HostLogger;
  readonly #plugins = new Set<Plugin>();

  /** `runtime` is the OCI runtime and `override` the override where a launch names none. */
  constructor(
    launcher: Launcher,
    engines: Engines,
    {
      runtime,
      override,
      logger,
    }: {
      readonly runtime: string;
      readonly override: 'unknown' | undefined;
      readonly logger: HostLogger;
    },
  ) {
    this.#launcher = launcher;
    this.#engines = engines;
    this.#runtime = runtime;
    this.#override = override;
    this.#logger = logger;
  }

  /** Starts a plugin of the catalog. @throws the errors of `launchPlugin`, HostLimitError */
  async start({ engine, launch, ...plugin }: ResolvedPlugin, { signal }: AbortOption): Promise<Plugin> {
    return this.#add(await this.#launcher.single(engine, { ...launch, signal }, plugin));
  }

  /** Starts a plugin that is in no catalog. */
  async startUnregistered(options: LaunchOptions, { signal }: AbortOption): Promise<Plugin> {
    const runtime = options.runtime ?? this.#runtime;
    const engine = await orAborted(this.#engines.forLaunch(runtime), signal);
    const plugin = { type: 'plugin', name: options.title ?? options.image, version: '' };
    const override = options.override ?? this.#override;
    return this.#add(await this.#launcher.single(engine, { ...options, runtime, override, signal }, plugin));
  }

  /** Judges the launch of a plugin that is in no catalog. */
  async checkUnregistered(options: PlannedOptions, { signal }: AbortOption): Promise<LaunchCheck> {
    const runtime = options.runtime ?? this.#runtime;
    const judging = await orAborted(this.#engines.forJudging(runtime), signal);
    const launch = { ...options, runtime, override: options.override ?? this.#override };
    return launchCheck(await this.#launcher.plan({ ...judging, launch }, { signal }));
  }

  /** Asks each plugin to end, and kills those that still run at the abort. @returns a promise for the end of each */
  stopAll(signal: AbortSignal): Promise<void>[] {
    return [...this.#plugins].map(async (plugin) => {
      await plugin.stop({ signal }).catch(() => undefined);
      await plugin[Symbol.asyncDispose]();
    });
  }

  /** Has the plugin's container removed when it ends. @returns the plugin */
  #add(plugin: Plugin): Plugin {
    this.#plugins.add(plugin);
    void plugin.exited.then(() => this.#discard(plugin));
    void plugin.impaired?.then((reason) => {
      this.#logger.warn('a plugin can make no further connection', { plugin: plugin.name, reason });
    });
    return plugin;
  }

  /** A plugin that ended leaves its container behind for its exit code to be read; by now it has been. */
  async #discard(plugin: Plugin): Promise<void> {
    try {
      await plugin[Symbol.asyncDispose]();
    } catch (error) {
      this.#logger.warn('the container of a plugin could not be removed', { plugin: plugin.name, error });
    } finally {
      this.#plugins.delete(plugin);
    }
  }
}
