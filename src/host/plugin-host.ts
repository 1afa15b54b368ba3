import { randomUUID } from 'node:crypto';
import { defaultRuntime, launchPlugin, type LaunchOptions } from '../container/index.ts';
import type { Engine } from '../engine/index.ts';
import { BulkheadError } from '../errors.ts';
import type { Plugin } from '../goplugin/index.ts';
import { Engines, type EnginesOptions } from './engines.ts';

export interface PluginHostOptions extends EnginesOptions {
  /** Runtime of plugins that name none; default `runsc`. */
  readonly runtime?: string | undefined;
  /** Ends the opening; an open host is ended by `close`. */
  readonly signal?: AbortSignal | undefined;
}

/** Labels of every container that a host makes. */
export const hostLabels = { hostId: 'io.bulkhead.host', processId: 'io.bulkhead.pid' } as const;

/**
 * Runs plugins in containers, and ends with all of them.
 *
 * ```ts
 * await using host = await PluginHost.open();
 * await using plugin = await host.start({ image: 'localhost/kv:1', handshake, protocolVersions: [1] });
 * ```
 */
export class PluginHost implements AsyncDisposable {
  /** Value of the label `io.bulkhead.host` of this host's containers. */
  readonly id: string;
  readonly #engines: Engines;
  readonly #runtime: string;
  readonly #lifetime = new AbortController();
  readonly #starting = new Set<Promise<unknown>>();
  readonly #plugins = new Set<Plugin>();
  #closing: Promise<void> | undefined;

  private constructor(engines: Engines, runtime: string) {
    this.id = randomUUID();
    this.#engines = engines;
    this.#runtime = runtime;
  }

  /**
   * Opens a host on the engine at `socketPath`, or the first that is found (`DOCKER_HOST`, `CONTAINER_HOST`, Docker
   * context, usual sockets). Where none answers, a Podman service of the host's own is started with the first launch.
   *
   * @throws the errors of `connectEngine`
   * @remarks Abort closes what was opened.
   */
  static async open(options: PluginHostOptions = {}): Promise<PluginHost> {
    const engines = await Engines.open(options, { signal: options.signal });
    return new PluginHost(engines, options.runtime ?? defaultRuntime);
  }

  /** The engine on which plugins of this runtime (default: the host's) run, for loading images and looking around. */
  engine(runtime = this.#runtime): Promise<Engine> {
    this.#refuseClosed();
    return this.#engines.forRuntime(runtime);
  }

  /**
   * Starts a plugin in a container of its own. Its container is removed when the plugin is disposed of, when it ends
   * by itself, and when the host closes.
   *
   * @throws `HOST_CLOSED` when the host closes meanwhile; else the errors of `launchPlugin`
   * @remarks Abort removes what was made and rethrows the reason untouched.
   */
  async start(options: LaunchOptions): Promise<Plugin> {
    this.#refuseClosed();
    const starting = this.#launch(options);
    this.#starting.add(starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(starting);
    }
  }

  /** Ends every plugin, removes every container, stops the engine if it was the host's own. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #launch(options: LaunchOptions): Promise<Plugin> {
    const { signal: closing } = this.#lifetime;
    const signal = options.signal === undefined ? closing : AbortSignal.any([options.signal, closing]);
    const runtime = options.runtime ?? this.#runtime;
    const engine = await this.#engines.forRuntime(runtime);
    const plugin = await launchPlugin(engine, {
      ...options,
      runtime,
      signal,
      labels: { ...options.labels, ...this.#labels() },
    });
    this.#plugins.add(plugin);
    void plugin.exited.then(() => this.#discard(plugin));
    return plugin;
  }

  #labels(): Record<string, string> {
    return { [hostLabels.hostId]: this.id, [hostLabels.processId]: String(process.pid) };
  }

  /** A plugin that ended leaves its container behind for its exit code to be read; by now it has been. */
  async #discard(plugin: Plugin): Promise<void> {
    try {
      await plugin[Symbol.asyncDispose]();
    } catch (error) {
      process.emitWarning(error as Error);
    } finally {
      this.#plugins.delete(plugin);
    }
  }

  async #close(): Promise<void> {
    this.#lifetime.abort(new BulkheadError('HOST_CLOSED', 'the plugin host was closed'));
    await Promise.allSettled(this.#starting);
    const ends = await Promise.allSettled([...this.#plugins].map((plugin) => plugin[Symbol.asyncDispose]()));
    await this.#engines[Symbol.asyncDispose]();
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason as Error;
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined) throw new BulkheadError('HOST_CLOSED', 'the plugin host is closed');
  }
}
