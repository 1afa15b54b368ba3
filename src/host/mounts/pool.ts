/** The instances of a host and the mounts on them: which mounts share an instance, and when an instance is stopped. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BulkheadError } from '../../errors.ts';
import type { Generation } from '../instances/generation.ts';
import type { InstanceOptions } from '../instances/instance-options.ts';
import { Instance, type InstanceKeeper } from '../instances/instance.ts';
import type { InstanceSnapshot, InstanceState } from '../instances/instance-state.ts';
import type { Launcher } from '../launching/launcher.ts';
import { defaultLimits, type HostLimits } from '../launching/starts.ts';
import type { Report } from '../reporting/report.ts';
import { KeyedLock } from '../../waiting/keyed-lock.ts';
import type { Mount, MountOptions } from './mount.ts';
import { MountedPlugin, type MountKeeper } from './mounted-plugin.ts';
import { maySharePlugin } from '../../kinds/index.ts';
import type { ResolvedPlugin } from '../resolved-plugin.ts';

export interface PoolOptions extends InstanceOptions {
  /** How long an instance without mounts is kept, in milliseconds. Default: 0. */
  readonly idleMs?: number | undefined;
  readonly limits?: HostLimits | undefined;
}

export class Pool implements InstanceKeeper, MountKeeper {
  readonly report: Report;
  readonly waitingCalls: number;
  readonly #launcher: Launcher;
  readonly #options: PoolOptions;
  readonly #locks = new KeyedLock();
  readonly #instances = new Set<Instance>();
  readonly #mounts = new Map<string, MountedPlugin>();
  /** Answers of plugins about sharing, by key. */
  readonly #sharing = new Map<string, boolean>();
  readonly #idling = new Map<Instance, AbortController>();

  constructor(launcher: Launcher, report: Report, options: PoolOptions) {
    this.report = report;
    this.waitingCalls = options.limits?.waitingCalls ?? defaultLimits.waitingCalls;
    this.#launcher = launcher;
    this.#options = options;
  }

  get mounts(): readonly MountedPlugin[] {
    return [...this.#mounts.values()];
  }

  get instances(): readonly Instance[] {
    return [...this.#instances];
  }

  mountsOf(instance: Instance): readonly MountedPlugin[] {
    return this.mounts.filter((mount) => mount.runsOn === instance);
  }

  /**
   * Puts a mount on an instance that it may share, or on a new one.
   *
   * @throws why no instance could be started or prepared
   */
  async mount(plugin: ResolvedPlugin, asked: Mount['plugin'], options: MountOptions): Promise<MountedPlugin> {
    const mountId = options.id ?? randomBytes(5).toString('hex');
    for (;;) {
      if (this.#mounts.has(mountId)) throw mountTaken(mountId);
      const { instance, fresh } = await this.#instanceFor(plugin, options);
      const mount = new MountedPlugin(mountId, asked, instance, this, options);
      if (this.#mounts.has(mountId)) throw mountTaken(mountId);
      this.#mounts.set(mountId, mount);
      this.#idling.get(instance)?.abort();
      try {
        await mount.serve({ signal: options.signal });
        this.report.mounted('mounted', mount, mount.runsOn.id);
        return mount;
      } catch (error) {
        this.#mounts.delete(mountId);
        const isOver = error instanceof BulkheadError && error.code === 'INSTANCE_STOPPED';
        if (this.mountsOf(instance).length === 0) await this.stop(instance, 'its only mount failed');
        // The instance that was joined may have been stopped at that moment, because its last mount left.
        if (fresh || !isOver) throw error;
      }
    }
  }

  /** Starts an instance and adds it to the pool. */
  async open(
    plugin: ResolvedPlugin,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Instance> {
    const instance = new Instance(plugin, this, this.#options);
    this.#instances.add(instance);
    try {
      const first = await instance.open({ signal });
      instance.shared = await maySharePlugin(plugin.kind, first.plugin, { signal });
      this.#sharing.set(plugin.key, instance.shared);
      return instance;
    } catch (error) {
      await this.stop(instance, 'it could not be started');
      throw error;
    }
  }

  async stop(
    instance: Instance,
    reason: string,
    options: { graceMs?: number | undefined } = {},
  ): Promise<void> {
    this.#idling.get(instance)?.abort();
    try {
      await instance.stop(reason, options);
    } finally {
      this.#instances.delete(instance);
    }
  }

  async leave(mount: MountedPlugin): Promise<void> {
    this.#mounts.delete(mount.mountId);
    this.report.mounted('closed', mount, mount.runsOn.id);
    await this.leaveInstance(mount.runsOn);
  }

  /** Stops an instance that no mount uses, after `idleMs` in which a new mount may join. */
  async leaveInstance(instance: Instance): Promise<void> {
    if (this.mountsOf(instance).length > 0 || !this.#instances.has(instance)) return;
    const { idleMs = 0 } = this.#options;
    if (idleMs === 0) {
      instance.drain();
      await this.stop(instance, 'its last mount is closed');
      return;
    }
    const wait = new AbortController();
    this.#idling.get(instance)?.abort();
    this.#idling.set(instance, wait);
    void delay(idleMs, undefined, { signal: wait.signal, ref: false })
      .then(async () => {
        if (this.mountsOf(instance).length > 0) return;
        instance.drain();
        await this.stop(instance, 'no mount has used it for a while');
      })
      .catch((error: unknown) => {
        if (!wait.signal.aborted)
          this.report.warn('an idle instance could not be stopped', { instance: instance.id, error });
      });
  }

  launch(instance: Instance, generation: number, signal: AbortSignal): Promise<Generation> {
    return this.#launcher.generation(instance, generation, signal);
  }

  changed(instance: Instance, from: InstanceState): void {
    this.report.changed(this.snapshot(instance), from);
  }

  snapshot(instance: Instance): InstanceSnapshot {
    const { plugin } = instance;
    const mounts = this.mountsOf(instance);
    return {
      id: instance.id,
      type: plugin.type,
      name: plugin.name,
      version: plugin.version,
      image: plugin.launch.image,
      imageId: plugin.imageId,
      runtime: plugin.launch.runtime,
      state: instance.state,
      key: plugin.key,
      shared: instance.shared,
      mounts: mounts.map(({ mountId }) => mountId),
      calls: mounts.reduce((sum, mount) => sum + mount.calls, 0),
      waiting: instance.waiting,
      restarts: instance.restarts,
      spare: instance.hasSpare,
      lastEnd: instance.lastEnd,
      drift: instance.drift,
    };
  }

  /**
   * Joins an instance that may be shared, else starts one. Concurrent requests for the same plugin wait for that start.
   */
  async #instanceFor(
    plugin: ResolvedPlugin,
    { share = true, signal }: MountOptions,
  ): Promise<{ instance: Instance; fresh: boolean }> {
    if (!share || plugin.kind.sharing === 'never') {
      return { instance: await this.open(plugin, { signal }), fresh: true };
    }
    const joined = await this.#locks.take(
      plugin.key,
      async () => {
        if (this.#sharing.get(plugin.key) === false) return undefined;
        // The youngest instance is taken: an older one may be about to be replaced.
        const found = this.instances.findLast((each) => each.plugin.key === plugin.key && isJoinable(each));
        if (found !== undefined) return { instance: found, fresh: false };
        return { instance: await this.open(plugin, { signal }), fresh: true };
      },
      { signal },
    );
    return joined ?? { instance: await this.open(plugin, { signal }), fresh: true };
  }
}

function isJoinable(instance: Instance): boolean {
  return instance.shared === true && !['draining', 'stopped'].includes(instance.state.name);
}

function mountTaken(id: string): BulkheadError {
  return new BulkheadError('MOUNT_TAKEN', `there is already a mount ${id}`, {
    hint: 'Close it first, or choose another id.',
  });
}
