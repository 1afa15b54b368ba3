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
import { withDefaults, type LaunchDefaults } from './launch-defaults.ts';
import type { Launcher } from './launcher.ts';

/** Plugins that `start` launched. Each lives as long as its process and is not restarted. */
export class SinglePlugins {
  readonly #launcher: Launcher;
  readonly #engines: Engines;
  readonly #defaults: LaunchDefaults;
  readonly #logger: HostLogger;
  readonly #plugins = new Set<Plugin>();

  constructor(
    launcher: Launcher,
    engines: Engines,
    { defaults, logger }: { readonly defaults: LaunchDefaults; readonly logger: HostLogger },
  ) {
    this.#launcher = launcher;
    this.#engines = engines;
    this.#defaults = defaults;
    this.#logger = logger;
  }

  /** Starts a plugin of the catalog. @throws the errors of `launchPlugin`, HostLimitError */
  async start({ engine, launch, ...plugin }: ResolvedPlugin, { signal }: AbortOption): Promise<Plugin> {
    return this.#add(await this.#launcher.single(engine, { ...launch, signal }, plugin));
  }

  /** Starts a plugin that is in no catalog. */
  async startUnregistered(options: LaunchOptions, { signal }: AbortOption): Promise<Plugin> {
    const launch = withDefaults(options, this.#defaults);
    const engine = await orAborted(this.#engines.forLaunch(launch.runtime), signal);
    const plugin = { type: 'plugin', name: options.title ?? options.image, version: '' };
    return this.#add(await this.#launcher.single(engine, { ...launch, signal }, plugin));
  }

  /** Judges the launch of a plugin that is in no catalog. */
  async checkUnregistered(options: PlannedOptions, { signal }: AbortOption): Promise<LaunchCheck> {
    const launch = withDefaults(options, this.#defaults);
    const judging = await orAborted(this.#engines.forJudging(launch.runtime), signal);
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
