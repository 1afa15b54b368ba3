/** Watches the instances of a host for any number of readers, each of whom is told which instances have changed. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { HostEvents, InstanceSnapshot, PluginLogLine } from '../../host/index.ts';
import { instanceData } from './instance-data.ts';
import type { InstanceData } from './instance-json.ts';

/** What is asked of a host. */
export interface WatchedHost {
  readonly id: string;
  instances(): InstanceSnapshot[];
  logs(instanceId: string): readonly PluginLogLine[];
  followLogs(instanceId: string, listener: (line: PluginLogLine) => void): () => void;
}

const channels = [
  'bulkhead:instance',
  'bulkhead:start',
  'bulkhead:end',
  'bulkhead:mount',
] as const satisfies readonly (keyof HostEvents)[];

interface Watched {
  last: PluginLogLine | undefined;
  readonly stop: () => void;
}

export class InstanceWatch implements Disposable {
  readonly #host: WatchedHost;
  readonly #watched = new Map<string, Watched>();
  readonly #listeners = new Set<(instanceId: string) => void>();

  constructor(host: WatchedHost) {
    this.#host = host;
    for (const name of channels) subscribe(name, this.#published);
    this.#look();
  }

  /** Every instance at this moment that has not been stopped for good. */
  list(): InstanceData[] {
    return this.#look().map((snapshot) => instanceData(snapshot, this.#watched.get(snapshot.id)?.last));
  }

  get(instanceId: string): InstanceData | undefined {
    return this.list().find(({ id }) => id === instanceId);
  }

  /** Calls the listener with the id of an instance that has come, has changed or is gone. @returns what ends it */
  listen(listener: (instanceId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    for (const name of channels) unsubscribe(name, this.#published);
    for (const { stop } of this.#watched.values()) stop();
    this.#watched.clear();
    this.#listeners.clear();
  }

  readonly #published = (message: unknown): void => {
    const { host, instance } = message as { host: string; instance: string | InstanceSnapshot };
    if (host !== this.#host.id) return;
    this.#look();
    this.#tell(typeof instance === 'string' ? instance : instance.id);
  };

  /** Follows the output of new instances, and forgets those that are gone. @returns those that are there */
  #look(): readonly InstanceSnapshot[] {
    const snapshots = this.#host.instances().filter(({ state }) => state.name !== 'stopped');
    const present = new Set(snapshots.map(({ id }) => id));
    for (const [id, { stop }] of this.#watched) {
      if (present.has(id)) continue;
      stop();
      this.#watched.delete(id);
    }
    for (const id of present) {
      if (this.#watched.has(id)) continue;
      const stop = this.#host.followLogs(id, (line) => {
        watched.last = line;
        this.#tell(id);
      });
      const watched: Watched = { last: this.#host.logs(id).at(-1), stop };
      this.#watched.set(id, watched);
    }
    return snapshots;
  }

  #tell(instanceId: string): void {
    for (const listener of this.#listeners) listener(instanceId);
  }
}
