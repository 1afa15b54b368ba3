import type { Plugin } from '../../goplugin/index.ts';
import type { HostLogger } from '../reporting/events.ts';

/** Plugins of `start`: each lives as long as its process, and nobody restarts it. */
export class SinglePlugins {
  readonly #logger: HostLogger;
  readonly #plugins = new Set<Plugin>();

  constructor(logger: HostLogger) {
    this.#logger = logger;
  }

  /** Has the plugin's container removed when it ends. @returns the plugin */
  add(plugin: Plugin): Plugin {
    this.#plugins.add(plugin);
    void plugin.exited.then(() => this.#discard(plugin));
    return plugin;
  }

  /** Ends each by itself until the signal, then by force. @returns the end of each */
  stopAll(signal: AbortSignal): Promise<void>[] {
    return [...this.#plugins].map(async (plugin) => {
      await plugin.stop({ signal }).catch(() => undefined);
      await plugin[Symbol.asyncDispose]();
    });
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
