/** Launches the plugins of a host: within its limits, with its labels, in folders that name their owner. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import {
  executeLaunch,
  labelsFor,
  planLaunch,
  refuseLaunch,
  type LaunchOptions,
  type LaunchPlan,
  type PlannedOptions,
} from '../../container/index.ts';
import type { Reason } from '../../compatibility/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { OutputGap, Plugin } from '../../goplugin/index.ts';
import { temporaryFolder } from '../../linux/standard-folders.ts';
import { publish, type HostLogger } from '../reporting/events.ts';
import { Generation } from '../instances/generation.ts';
import type { Instance } from '../instances/instance.ts';
import { labelsOf, type HostIdentity } from '../orphans/labels.ts';
import type { OwnRecord } from '../orphans/host-record.ts';
import type { Counters } from '../reporting/metrics.ts';
import type { OwnedFolders } from '../orphans/owned-folders.ts';
import { provedLabels } from '../orphans/owner-proof.ts';
import type { ResolvedPlugin } from '../resolved-plugin.ts';
import type { Starts } from './starts.ts';

export interface LauncherParts {
  readonly identity: HostIdentity;
  /** The key that proves the labels; see owner-proof.ts. */
  readonly key: Uint8Array;
  readonly folders: OwnedFolders;
  readonly starts: Starts;
  readonly counters: Counters;
  readonly logger: HostLogger;
  /** The record of the host, which has to be there before anything is made. */
  readonly record: OwnRecord;
  /** Parent of the folders for sockets where a launch names none. */
  readonly socketDirectory: string | undefined;
}

/** A requested launch. */
export interface PlannedLaunch {
  readonly engine: Engine;
  readonly launch: PlannedOptions;
  /** Whether a Podman service of our own would be started for it in place of this engine. Default false. */
  readonly ownService?: boolean | undefined;
}

type Named = Pick<ResolvedPlugin, 'type' | 'name' | 'version'>;

export class Launcher {
  readonly #parts: LauncherParts;

  constructor(parts: LauncherParts) {
    this.#parts = parts;
  }

  /** Plans a launch. Nothing is made. */
  plan(
    { engine, launch, ownService = false }: PlannedLaunch,
    {
      signal,
      prepared,
    }: { readonly signal?: AbortSignal | undefined; readonly prepared?: Promise<unknown> | undefined },
  ): Promise<LaunchPlan> {
    const options = { ...launch, socketDirectory: this.#parentOf(launch) };
    return planLaunch(engine, options, { ownedFolder: true, ownService, prepared, signal });
  }

  /** Launches one plugin of an instance. @throws the errors of `launchPlugin`, HostLimitError */
  async generation(instance: Instance, number: number, signal: AbortSignal): Promise<Generation> {
    const { plugin, log } = instance;
    const { hostId } = this.#parts.identity;
    const options: LaunchOptions = {
      ...plugin.launch,
      signal,
      onLog: (entry) => {
        log.logged(number, entry);
        plugin.launch.onLog?.(entry);
      },
      onOutput: (chunk) => {
        log.printed(number, chunk);
        plugin.launch.onOutput?.(chunk);
      },
      onOutputGap: (gap) => {
        this.#missed(gap, instance.id, number);
        plugin.launch.onOutputGap?.(gap);
      },
    };
    return this.#counted(
      plugin,
      instance.id,
      number,
      async (ended) => {
        const launched = await this.#launch(plugin.engine, options, plugin, instance.id);
        const generation = new Generation(launched, number);
        // A plugin that ended no longer counts, so that its replacement finds room at once.
        void generation.ended.then((end) => {
          ended();
          publish('bulkhead:end', () => ({ host: hostId, instance: instance.id, generation: number, end }));
        });
        return generation;
      },
      signal,
    );
  }

  /** Launches one plugin that belongs to no instance. */
  async single(engine: Engine, options: LaunchOptions, plugin: Named): Promise<Plugin> {
    const instanceId = randomBytes(6).toString('hex');
    return this.#counted(
      plugin,
      instanceId,
      1,
      async (ended) => {
        const onOutputGap = (gap: OutputGap): void => {
          this.#missed(gap, instanceId, 1);
          options.onOutputGap?.(gap);
        };
        const launched = await this.#launch(engine, { ...options, onOutputGap }, plugin, instanceId);
        void launched.exited.then(ended);
        return launched;
      },
      options.signal,
    );
  }

  async #counted<T>(
    plugin: Named,
    instance: string,
    generation: number,
    begin: (ended: () => void) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const { starts, counters, identity } = this.#parts;
    const { type, name } = plugin;
    let begun = performance.now();
    const tell = (error?: unknown): void => {
      publish('bulkhead:start', () => ({
        host: identity.hostId,
        instance,
        type,
        name,
        generation,
        milliseconds: performance.now() - begun,
        ...(error === undefined ? {} : { error }),
      }));
    };
    try {
      const started = await starts.start(
        (ended) => {
          begun = performance.now();
          return begin(ended);
        },
        { signal },
      );
      counters.of(plugin).starts += 1;
      tell();
      return started;
    } catch (error) {
      counters.of(plugin).startFailures += 1;
      tell(error);
      throw error;
    }
  }

  /** Tells that output of a plugin may be missing. */
  #missed({ since, until }: OutputGap, instance: string, generation: number): void {
    const { identity, logger } = this.#parts;
    const host = identity.hostId;
    logger.warn('output of a plugin may be missing, because the connection to the engine was lost', {
      host,
      instance,
      generation,
      since,
      until,
    });
    publish('bulkhead:output-gap', () => ({ host, instance, generation, since, until }));
  }

  async #launch(engine: Engine, options: LaunchOptions, plugin: Named, instanceId: string): Promise<Plugin> {
    const { identity, key, folders, record } = this.#parts;
    const recorded = record.keep();
    const prepared = folders.restore(this.#parentOf(options));
    prepared.catch(() => undefined); // awaited below, before anything is made
    const plan = await this.plan({ engine, launch: options }, { signal: options.signal, prepared });
    await Promise.all([recorded, prepared]);
    refuseLaunch(plan);
    if (plan.overridden.length > 0) this.#tellOverride(plan.overridden, options, plugin, instanceId);
    const folder = await folders.below(this.#parentOf(options), plan.strategy.directory.passingGid);
    const labels = labelsOf(identity, plugin, { instanceId, folder });
    return executeLaunch(engine, plan, {
      ...options,
      socketDirectory: folder,
      labels: (container) =>
        provedLabels({ ...labelsFor(options.labels, container), ...labels }, container, key),
    });
  }

  #tellOverride(
    reasons: readonly Reason[],
    { override = 'unknown' }: Pick<LaunchOptions, 'override'>,
    { type, name }: Named,
    instance: string,
  ): void {
    const host = this.#parts.identity.hostId;
    publish('bulkhead:override', () => ({ host, instance, type, name, override, reasons }));
    const rules = reasons.map(({ rule }) => rule);
    this.#parts.logger.warn('a plugin is launched by an override', { instance, type, name, override, rules });
  }

  /** Parent of this host's owned folder, which holds the plugin's folder. */
  #parentOf({ socketDirectory }: Pick<PlannedOptions, 'socketDirectory'>): string {
    return resolve(socketDirectory ?? this.#parts.socketDirectory ?? temporaryFolder());
  }
}
