/** A mount inside the host: which instance it is on, which plugin is prepared for it, and where its calls go. */
import { orAborted } from '../../abort.ts';
import { BulkheadError } from '../../errors.ts';
import type { CallMetadata, CallOptions, Reflection, ServiceDefinition } from '../../goplugin/index.ts';
import { callOptions } from '../../goplugin/internal.ts';
import { checkShape } from '../../settings/option-shape.ts';
import { checkMethodOptions } from '../method-checks.ts';
import type { Generation } from '../instances/generation.ts';
import type { InstanceSnapshot } from '../instances/instance-state.ts';
import type { Instance } from '../instances/instance.ts';
import type { PluginCounters } from '../reporting/metrics.ts';
import type { Report } from '../reporting/report.ts';
import type { Mount, MountContext, MountOptions, RoutedClientMaker } from './mount.ts';
import { routedClient } from './routed-client.ts';
import { MountedGeneration, type Route, type Wait } from './route.ts';

/** Keeps mounts and instances. */
export interface MountKeeper {
  readonly report: Report;
  snapshot(instance: Instance): InstanceSnapshot;
  /** Removes the mount, and stops the instance if this was its last mount. */
  leave(mount: MountedPlugin): Promise<void>;
}

/** Whoever waits for no calls has the plugin told of the end all the same. */
const leastReleaseMs = 1_000;

export class MountedPlugin implements Mount, Route {
  readonly mountId: string;
  readonly plugin: Mount['plugin'];
  readonly metadata: CallMetadata | undefined;
  readonly client: RoutedClientMaker;
  readonly reflection: Reflection;
  readonly report: Report;
  readonly counters: PluginCounters;
  readonly options: MountOptions;
  readonly #keeper: MountKeeper;
  readonly #life = new AbortController();
  #instance: Instance;
  #use: MountedGeneration | undefined;
  #preparing: { readonly generation: Generation; readonly done: Promise<MountedGeneration> } | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    mountId: string,
    plugin: Mount['plugin'],
    instance: Instance,
    keeper: MountKeeper,
    options: MountOptions,
  ) {
    this.mountId = mountId;
    this.plugin = plugin;
    this.options = options;
    this.metadata = instance.plugin.kind.metadata?.(mountId);
    this.#instance = instance;
    this.#keeper = keeper;
    this.report = keeper.report;
    this.counters = keeper.report.countersOf(plugin);
    this.client = ((service: ServiceDefinition) => routedClient(this, service)) as RoutedClientMaker;
    this.reflection = {
      services: (given) => this.#ask(given, (asked, left) => asked.services(left)),
      service: (name, given) => this.#ask(given, (asked, left) => asked.service(name, left)),
    };
  }

  get instance(): InstanceSnapshot {
    return this.#keeper.snapshot(this.#instance);
  }

  /** The instance itself. */
  get runsOn(): Instance {
    return this.#instance;
  }

  get version(): string {
    return this.#instance.plugin.version;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  get isIdempotent(): ((path: string) => boolean) | undefined {
    return this.options.isIdempotent;
  }

  get redactError(): ((error: unknown) => unknown) | undefined {
    return this.options.redactError;
  }

  get calls(): number {
    return this.#use?.calls ?? 0;
  }

  get serving(): MountedGeneration | undefined {
    const use = this.#use;
    return use !== undefined && this.#closing === undefined && this.#instance.serving === use.generation
      ? use
      : undefined;
  }

  async serve(wait: Wait): Promise<MountedGeneration> {
    for (;;) {
      this.#refuseClosed();
      const instance = this.#instance;
      try {
        const generation = await instance.ready(wait);
        const use = await this.prepareOn(instance, generation);
        if (this.#instance === instance && generation.usable) return (this.#use = use);
      } catch (error) {
        this.#refuseClosed();
        if (this.#instance === instance) throw error; // otherwise the mount has moved in the meantime
      }
    }
  }

  async health(
    options: { timeoutMs?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    checkMethodOptions('mountHealth', options);
    const { timeoutMs = 5_000, signal } = options;
    const use = await this.serve({ signal, deadline: performance.now() + timeoutMs });
    await use.generation.plugin.health({ timeoutMs, signal });
  }

  /**
   * Prepares a plugin for this mount, once even for several callers. The mount's calls still go to the previous plugin.
   */
  prepareOn(instance: Instance, generation: Generation): Promise<MountedGeneration> {
    if (this.#use?.generation === generation) return Promise.resolve(this.#use);
    if (this.#preparing?.generation === generation) return this.#preparing.done;
    const done = this.#prepare(instance, generation);
    const preparing = { generation, done };
    this.#preparing = preparing;
    done.catch(() => {
      if (this.#preparing === preparing) this.#preparing = undefined; // the next call tries again
    });
    return done;
  }

  /** Sends calls to `use` from now on. @returns the instance and generation that were used before */
  moveTo(
    instance: Instance,
    use: MountedGeneration,
  ): { instance: Instance; use: MountedGeneration | undefined } {
    const before = { instance: this.#instance, use: this.#use };
    this.#instance = instance;
    this.#use = use;
    return before;
  }

  /**
   * Waits for the calls of `use` to end, and then for the `release` of its plugin, for `limitMs` at most each; `release` has a
   * second at least.
   */
  async releaseFrom(use: MountedGeneration, { limitMs }: { limitMs: number }): Promise<void> {
    await withinMs(limitMs, use.idle());
    const { release } = this.options;
    if (release === undefined || !use.generation.usable) return;
    const signal = AbortSignal.timeout(Math.max(limitMs, leastReleaseMs));
    const released = async (): Promise<void> =>
      release(use.generation.plugin, this.#context(use.instance, signal));
    try {
      await orAborted(released(), signal); // a release that does not heed the signal keeps nobody waiting
    } catch (error) {
      this.report.warn('a plugin could not be told that its mount is closed', { mount: this.mountId, error });
    }
  }

  async close(options: { drainMs?: number | undefined } = {}): Promise<void> {
    checkMethodOptions('mountClose', options);
    this.#closing ??= this.#close(options.drainMs ?? 10_000);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Asks the plugin that serves. The time spent waiting for it is subtracted from the time limit of the request. */
  async #ask<T>(
    options: CallOptions = {},
    question: (asked: Reflection, left: CallOptions) => Promise<T>,
  ): Promise<T> {
    checkShape('mount.reflection', callOptions, options);
    const { timeoutMs, signal } = options;
    const deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
    const { generation } = await this.serve({ signal, deadline });
    return question(generation.plugin.reflection, {
      ...options,
      ...(deadline !== undefined && { timeoutMs: Math.max(1, deadline - performance.now()) }),
    });
  }

  async #close(drainMs: number): Promise<void> {
    this.#life.abort(closedError(this.mountId));
    if (this.#use !== undefined) await this.releaseFrom(this.#use, { limitMs: drainMs });
    await this.#keeper.leave(this);
  }

  async #prepare(instance: Instance, generation: Generation): Promise<MountedGeneration> {
    await this.options.prepare?.(generation.plugin, this.#context(instance, this.#life.signal));
    return new MountedGeneration(instance, generation);
  }

  #context({ plugin }: Instance, signal: AbortSignal): MountContext {
    const { version, launch } = plugin;
    return {
      mountId: this.mountId,
      metadata: this.metadata,
      version,
      mlock: launch.mlock === true,
      signal,
    };
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined) throw closedError(this.mountId);
  }
}

function closedError(id: string): BulkheadError {
  return new BulkheadError('MOUNT_CLOSED', `the mount ${id} is closed`);
}

/** Resolves with the promise, or when the time is over. */
async function withinMs(limitMs: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
