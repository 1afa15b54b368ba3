import type { Plugin } from '../../goplugin/index.ts';
import type { HostLogger } from '../reporting/events.ts';

/** Plugins that `start` launched. Each lives as long as its process and is not restarted. */
export class SinglePlugins {
  readonly #logger: HostLogger;
  readonly #plugins = new Set<Plugin>();

  constructor(logger: HostLogger) {
    this.#logger = logger;
  }

  /** Arranges that the plugin's container is removed when it ends. @returns the plugin */
  add(plugin: Plugin): Plugin {
    this.#plugins.add(plugin);
    void plugin.exited.then(() => this.#discard(plugin));
    return plugin;
  }

  /** Asks each plugin to end, and kills those that still run at the abort. @returns a promise for the end of each */
  stopAll(signal: AbortSignal): Promise<void>[] {
    return [...this.#plugins].map(async (plugin) => {
      await plugin.stop({ signal }).catch(() => undefined);
      await plugin[Symbol.asyncDispose]();
    });
  }

  /** The container of an ended plugin is kept until its exit code has been read, which has happened by now. */
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
