/** Watches the instances of a host for one reader. */
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

/** The instances that have not been stopped for good. */
export function presentInstances(host: Pick<WatchedHost, 'instances'>): InstanceSnapshot[] {
  return host.instances().filter(({ state }) => state.name !== 'stopped');
}

/** Calls the listener with the id of an instance that has come, has changed or is gone. @returns what ends it */
export function onInstanceChange(
  host: Pick<WatchedHost, 'id'>,
  listener: (instanceId: string) => void,
): () => void {
  const published = (message: unknown): void => {
    const { host: id, instance } = message as { host: string; instance: string | InstanceSnapshot };
    if (id === host.id) listener(typeof instance === 'string' ? instance : instance.id);
  };
  for (const name of channels) subscribe(name, published);
  return () => {
    for (const name of channels) unsubscribe(name, published);
  };
}

interface Watched {
  last: PluginLogLine | undefined;
  readonly stop: () => void;
}

/** Knows the last line of each instance, and tells of every change and of every line. */
export class InstanceWatch implements Disposable {
  readonly #host: WatchedHost;
  readonly #changed: (instanceId: string) => void;
  readonly #watched = new Map<string, Watched>();
  readonly #stop: () => void;

  /** @param changed called with the id of an instance that has come, has changed, has written a line, or is gone */
  constructor(host: WatchedHost, changed: (instanceId: string) => void = () => undefined) {
    this.#host = host;
    this.#changed = changed;
    this.#stop = onInstanceChange(host, (id) => {
      this.#look();
      changed(id);
    });
    this.#look();
  }

  /** Every instance at this moment that has not been stopped for good. */
  list(): InstanceData[] {
    return this.#look().map((snapshot) => instanceData(snapshot, this.#watched.get(snapshot.id)?.last));
  }

  [Symbol.dispose](): void {
    this.#stop();
    for (const { stop } of this.#watched.values()) stop();
    this.#watched.clear();
  }

  /** Follows the output of new instances, and forgets those that are gone. @returns those that are there */
  #look(): readonly InstanceSnapshot[] {
    const snapshots = presentInstances(this.#host);
    const present = new Set(snapshots.map(({ id }) => id));
    for (const [id, { stop }] of this.#watched) {
      if (present.has(id)) continue;
      stop();
      this.#watched.delete(id);
    }
    for (const id of present) {
      if (this.#watched.has(id)) continue;
      const watched: Watched = {
        last: this.#host.logs(id).at(-1),
        stop: this.#host.followLogs(id, (line) => {
          watched.last = line;
          this.#changed(id);
        }),
      };
      this.#watched.set(id, watched);
    }
    return snapshots;
  }
}
