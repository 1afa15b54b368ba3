/** The instances of a host and the mounts on them: who shares with whom, and what is stopped when. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BulkheadError } from '../../errors.ts';
import { publish } from '../reporting/events.ts';
import { Instance, type InstanceHost, type InstanceOptions } from '../instances/instance.ts';
import type { InstanceSnapshot } from '../instances/instance-state.ts';
import { KeyedLock } from '../../waiting/keyed-lock.ts';
import { Mount, type MountHost, type MountOptions } from './mount.ts';
import { maySharePlugin } from '../../kinds/index.ts';
import type { ResolvedPlugin } from '../resolved-plugin.ts';
import type { CallOutcome } from './route.ts';

export interface PoolParts {
  readonly hostId: string;
  readonly instanceHost: InstanceHost;
  readonly called: (mount: Mount, path: string, outcome: CallOutcome) => void;
  readonly warn: MountHost['warn'];
  readonly instanceOptions: InstanceOptions;
  /** How long an instance without mounts is kept, in milliseconds. */
  readonly idleMs: number;
}

export class Pool implements MountHost {
  readonly #parts: PoolParts;
  readonly #locks = new KeyedLock();
  readonly #instances = new Set<Instance>();
  readonly #mounts = new Map<string, Mount>();
  /** What plugins said about sharing, by key. */
  readonly #sharing = new Map<string, boolean>();
  readonly #idling = new Map<Instance, AbortController>();

  constructor(parts: PoolParts) {
    this.#parts = parts;
  }

  get mounts(): readonly Mount[] {
    return [...this.#mounts.values()];
  }

  get instances(): readonly Instance[] {
    return [...this.#instances];
  }

  mountsOf(instance: Instance): readonly Mount[] {
    return this.mounts.filter((mount) => mount.instance === instance);
  }

  /** Puts a mount on an instance that it may share, or on a new one. @throws why none could be started or prepared */
  async mount(plugin: ResolvedPlugin, asked: Mount['plugin'], options: MountOptions): Promise<Mount> {
    const mountId = options.id ?? randomBytes(5).toString('hex');
    for (;;) {
      if (this.#mounts.has(mountId)) throw mountTaken(mountId);
      const { instance, fresh } = await this.#instanceFor(plugin, options);
      const mount = new Mount(mountId, asked, instance, this, options);
      if (this.#mounts.has(mountId)) throw mountTaken(mountId);
      this.#mounts.set(mountId, mount);
      this.#idling.get(instance)?.abort();
      try {
        await mount.serve({ signal: options.signal });
        this.#tell(mount, 'mounted');
        return mount;
      } catch (error) {
        this.#mounts.delete(mountId);
        const isOver = error instanceof BulkheadError && error.code === 'INSTANCE_STOPPED';
        if (this.mountsOf(instance).length === 0) await this.stop(instance, 'its only mount failed');
        // One that was joined may have been stopped at that moment, because its last mount left.
        if (fresh || !isOver) throw error;
      }
    }
  }

  /** A started instance that is in the pool. */
  async open(
    plugin: ResolvedPlugin,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Instance> {
    const { instanceHost, instanceOptions } = this.#parts;
    const instance = new Instance(plugin, instanceHost, instanceOptions);
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

  async leave(mount: Mount): Promise<void> {
    this.#mounts.delete(mount.mountId);
    this.#tell(mount, 'closed');
    await this.leaveInstance(mount.instance);
  }

  /** Stops an instance that no mount uses, after a while in which one may come. */
  async leaveInstance(instance: Instance): Promise<void> {
    if (this.mountsOf(instance).length > 0 || !this.#instances.has(instance)) return;
    const { idleMs } = this.#parts;
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
          this.warn('an idle instance could not be stopped', { instance: instance.id, error });
      });
  }

  /** Tells that a mount is on another instance now. */
  moved(mount: Mount): void {
    this.#tell(mount, 'moved');
  }

  called(mount: Mount, path: string, outcome: CallOutcome): void {
    this.#parts.called(mount, path, outcome);
  }

  warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#parts.warn(message, fields);
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

  /** One that may be shared is joined; whoever asks for the same at the same time waits for its start. */
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
        // The youngest: an older one may be about to be replaced.
        const found = this.instances.findLast((each) => each.plugin.key === plugin.key && isJoinable(each));
        if (found !== undefined) return { instance: found, fresh: false };
        return { instance: await this.open(plugin, { signal }), fresh: true };
      },
      { signal },
    );
    return joined ?? { instance: await this.open(plugin, { signal }), fresh: true };
  }

  #tell(mount: Mount, what: 'mounted' | 'moved' | 'closed'): void {
    const { type, name } = mount.plugin;
    const { hostId } = this.#parts;
    const instance = mount.instance.id;
    publish('bulkhead:mount', () => ({ host: hostId, mount: mount.mountId, type, name, what, instance }));
  }
}

function isJoinable(instance: Instance): boolean {
  return instance.shared === true && !['draining', 'stopped'].includes(instance.state.name);
}

function mountTaken(id: string): BulkheadError {
  return new BulkheadError('MOUNT_TAKEN', `there is a mount ${id} already`, {
    hint: 'Close it first, or choose another id.',
  });
}
