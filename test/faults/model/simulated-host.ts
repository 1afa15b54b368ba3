/**
 * A host on a simulated engine with a virtual clock. The catalog, the policy of restarts and the judgement of lost calls are
 * the library's own; containers, plugins and time are simulated.
 */
import { memoryStore, PluginCatalog, RuntimeCatalog, toPluginEntry } from '../../../src/catalog/index.ts';
import { BulkheadError } from '../../../src/errors.ts';
import { PluginExitedError } from '../../../src/goplugin/index.ts';
import { fateOf } from '../../../src/host/mounts/call-fate.ts';
import { RestartPolicy } from '../../../src/host/instances/restart-policy.ts';
import { Random } from '../../../src/soak/random.ts';
import type { Driver, Outcome, Step } from './model.ts';

interface Container {
  readonly kept: Map<string, string>;
  readonly startedAt: number;
  endedAt: number | undefined;
}

interface SimulatedMount {
  readonly name: string;
  edition: string;
  container: Container;
  readonly policy: RestartPolicy;
}

export class SimulatedHost implements Driver {
  readonly #catalog: PluginCatalog;
  readonly #mounts = new Map<string, SimulatedMount>();
  readonly #random: Random;
  /** Milliseconds since the beginning, by the virtual clock. */
  #now = 0;
  /** Containers that run. None may be left in the end. */
  running = 0;
  /** How often each call was carried out: never more than once. */
  carriedOutTwice = 0;

  constructor(seed: number) {
    const store = memoryStore();
    this.#catalog = new PluginCatalog(store, new RuntimeCatalog(store));
    this.#random = new Random(seed);
  }

  async take(step: Step): Promise<Outcome> {
    this.#now += this.#random.below(5_000);
    try {
      return { value: await this.#do(step) };
    } catch (error) {
      return { code: BulkheadError.from(error).code };
    }
  }

  async #do(step: Step): Promise<string> {
    switch (step.do) {
      case 'register':
        await this.#catalog.put(
          toPluginEntry({ type: 'secret', name: step.name, ociImage: 'localhost/x:1', args: [step.edition] }),
        );
        return '';
      case 'deregister':
        await this.#catalog.deregister('secret', step.name);
        return '';
      case 'mount': {
        const edition = await this.#edition(step.name);
        if (this.#mounts.has(step.mount)) throw new BulkheadError('MOUNT_TAKEN', step.mount);
        const policy = new RestartPolicy({ maxFailures: 1_000, jitter: 0 });
        this.#mounts.set(step.mount, { name: step.name, edition, container: this.#start(), policy });
        return edition;
      }
      case 'unmount': {
        const mount = this.#mounts.get(step.mount);
        if (mount !== undefined) this.#end(mount.container);
        this.#mounts.delete(step.mount);
        return '';
      }
      case 'put':
        return this.#call(step.mount, ({ kept }) => {
          kept.set(step.key, step.value);
          return '';
        });
      case 'get':
        return this.#call(step.mount, ({ kept }) => {
          const value = kept.get(step.key);
          if (value === undefined) throw new BulkheadError('PLUGIN_CALL_FAILED', step.key);
          return value;
        });
      case 'kill': {
        const mount = this.#mounts.get(step.mount);
        if (mount !== undefined) this.#end(mount.container);
        return '';
      }
      case 'reload':
        return this.#reload(step.name);
    }
  }

  async #reload(name: string): Promise<string> {
    const moved = [...this.#mounts.values()].filter((mount) => mount.name === name);
    if (moved.length === 0) return '0';
    let edition: string;
    try {
      edition = await this.#edition(name);
    } catch (cause) {
      throw new BulkheadError('RELOAD_FAILED', name, { cause });
    }
    for (const mount of moved) {
      const old = mount.container;
      mount.container = this.#start();
      mount.edition = edition;
      this.#end(old);
    }
    return String(moved.length);
  }

  async #edition(name: string): Promise<string> {
    const { args } = await this.#catalog.resolve('secret', name);
    return args[0] ?? '';
  }

  /** Sends a call as a mount does: a plugin that has ended is started again, and only what never reached it is repeated. */
  #call(name: string, carryOut: (container: Container) => string): string {
    const mount = this.#mounts.get(name);
    if (mount === undefined) throw new BulkheadError('MOUNT_CLOSED', name);
    for (let sent = 0; ;) {
      const { container } = mount;
      const begin = { wall: Date.now(), steady: performance.now() };
      if (container.endedAt === undefined) {
        sent += 1;
        if (sent > 1) this.carriedOutTwice += 1;
        return carryOut(container);
      }
      const ended = new PluginExitedError('PLUGIN_EXITED', name, {
        phase: 'call',
        plugin: name,
        exit: { code: 137, endedAt: new Date(begin.wall - 1_000) },
      });
      const fate = fateOf(ended, { usable: false }, begin);
      if (fate !== 'not-reached') throw new BulkheadError('CALL_OUTCOME_UNKNOWN', name);
      const next = mount.policy.failed(this.#now, container.endedAt - container.startedAt);
      if (next.kind === 'give-up') throw new BulkheadError('INSTANCE_CRASH_LOOP', name);
      this.#now += next.delayMs;
      mount.container = this.#start();
    }
  }

  #start(): Container {
    this.running += 1;
    return { kept: new Map(), startedAt: this.#now, endedAt: undefined };
  }

  #end(container: Container): void {
    if (container.endedAt !== undefined) return;
    container.endedAt = this.#now;
    this.running -= 1;
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const { container } of this.#mounts.values()) this.#end(container);
    this.#mounts.clear();
    return Promise.resolve();
  }
}
