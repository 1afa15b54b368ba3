/**
 * A host on a simulated engine with a virtual clock. The catalog, the policy of restarts, the route of calls and the judgement
 * of lost ones are the library's own; containers, plugins and time are simulated.
 */
import { memoryStore, PluginCatalog, RuntimeCatalog, toPluginEntry } from '../../../src/catalog/index.ts';
import { BulkheadError } from '../../../src/errors.ts';
import { routedClient } from '../../../src/host/mounts/routed-client.ts';
import { MountedGeneration, type Route } from '../../../src/host/mounts/route.ts';
import type { Generation } from '../../../src/host/instances/generation.ts';
import type { Instance } from '../../../src/host/instances/instance.ts';
import { RestartPolicy } from '../../../src/host/instances/restart-policy.ts';
import { Random } from '../../../src/soak/random.ts';
import type { Driver, Outcome, Step } from './model.ts';
import { setClockRight, SimulatedPlugin, simulatedService, type SimulatedCall } from './simulated-plugin.ts';

interface SimulatedMount {
  readonly name: string;
  edition: string;
  plugin: SimulatedPlugin;
  readonly call: (call: SimulatedCall) => Promise<string>;
}

/** The route of a call asks nothing of the instance. */
const noInstance = undefined as unknown as Instance;

export class SimulatedHost implements Driver {
  readonly #catalog: PluginCatalog;
  readonly #mounts = new Map<string, SimulatedMount>();
  readonly #random: Random;
  readonly #clientOf: typeof routedClient;
  /** Milliseconds since the beginning, by the virtual clock. */
  #now = 0;
  /** Containers that run. None may be left in the end. */
  running = 0;
  /** How many calls a plugin has carried out that one had carried out before. */
  carriedOutTwice = 0;
  readonly #carriedOut = new WeakMap<SimulatedCall, number>();

  /** @param clientOf in place of the library's own, for a host that is to be found wrong */
  constructor(seed: number, { clientOf = routedClient }: { clientOf?: typeof routedClient } = {}) {
    this.#clientOf = clientOf;
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
        this.#mounts.set(step.mount, this.#mount(step.name, edition));
        return edition;
      }
      case 'unmount': {
        const mount = this.#mounts.get(step.mount);
        if (mount !== undefined) mount.plugin.end();
        this.#mounts.delete(step.mount);
        return '';
      }
      case 'put':
        return this.#call(step.mount, (kept) => {
          kept.set(step.key, step.value);
          return '';
        });
      case 'get':
        return this.#call(step.mount, (kept) => {
          const value = kept.get(step.key);
          if (value === undefined) throw new BulkheadError('PLUGIN_CALL_FAILED', step.key);
          return value;
        });
      case 'crash':
        return this.#call(step.mount, () => '', { isLost: true });
      case 'kill': {
        const mount = this.#mounts.get(step.mount);
        if (mount !== undefined) mount.plugin.end();
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
      const old = mount.plugin;
      mount.plugin = this.#start(name);
      mount.edition = edition;
      old.end();
    }
    return String(moved.length);
  }

  async #edition(name: string): Promise<string> {
    const { args } = await this.#catalog.resolve('secret', name);
    return args[0] ?? '';
  }

  async #call(name: string, carryOut: SimulatedCall['carryOut'], { isLost = false } = {}): Promise<string> {
    const mount = this.#mounts.get(name);
    if (mount === undefined) throw new BulkheadError('MOUNT_CLOSED', name);
    try {
      return await mount.call({ carryOut, isLost });
    } finally {
      setClockRight();
    }
  }

  /** A mount whose calls take the library's route to a plugin: one that has ended is started again. */
  #mount(name: string, edition: string): SimulatedMount {
    const policy = new RestartPolicy({ maxFailures: 1_000, jitter: 0 });
    const mount = { name, edition, plugin: this.#start(name) };
    const serve = (): MountedGeneration => {
      const { plugin } = mount;
      if (plugin.isKnownLost) {
        const next = policy.failed(this.#now, (plugin.endedAt ?? 0) - plugin.startedAt);
        if (next.kind === 'give-up') throw new BulkheadError('INSTANCE_CRASH_LOOP', name);
        this.#now += next.delayMs;
        mount.plugin = this.#start(name);
      }
      return new MountedGeneration(noInstance, mount.plugin as unknown as Generation);
    };
    const client = this.#clientOf(
      {
        ...{ plugin: { type: 'secret', name }, mountId: name },
        ...{ metadata: undefined, isIdempotent: undefined, redactError: undefined },
        get serving() {
          return mount.plugin.isKnownLost ? undefined : serve();
        },
        serve: async () => Promise.resolve().then(serve),
        report: { called: () => undefined } as unknown as Route['report'],
        counters: {} as Route['counters'], // the report alone counts in them
      },
      simulatedService,
    );
    return Object.assign(mount, { call: (call: SimulatedCall) => client['Call']?.(call) as Promise<string> });
  }

  #start(name: string): SimulatedPlugin {
    this.running += 1;
    return new SimulatedPlugin(name, {
      random: this.#random,
      now: () => this.#now,
      carriedOut: (call) => {
        const times = this.#carriedOut.get(call) ?? 0;
        if (times === 1) this.carriedOutTwice += 1;
        this.#carriedOut.set(call, times + 1);
        return times;
      },
      ended: () => {
        this.running -= 1;
      },
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const { plugin } of this.#mounts.values()) plugin.end();
    this.#mounts.clear();
    return Promise.resolve();
  }
}
