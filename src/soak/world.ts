/** What the scenario of a trial works with. */
import type { Engine } from '../engine/index.ts';
import { PluginHost, type PluginHostOptions } from '../host/index.ts';
import type { FaultProxy } from '../testing/index.ts';
import { Ledger } from './ledger.ts';
import type { Moments } from './moments.ts';
import type { LivingKind, Stage, StageParts } from './stage.ts';
import type { Place, Subject } from './subject.ts';
import type { Trial } from './trial.ts';

/** The type under which the plugin of the trials is registered. */
export const trialType = 'soak';

const ignored = (): void => undefined;

export class World {
  readonly trial: Trial;
  readonly stage: Stage;
  readonly moments: Moments;
  readonly ledger = new Ledger();
  /** The hosts that this trial has opened, and that end with it. */
  readonly hosts: PluginHost[] = [];
  /** Those of them that the scenario itself has closed. */
  readonly closed = new Set<PluginHost>();
  /** Ids of hosts in other processes. */
  readonly otherHosts: string[] = [];
  /** The signal of the caller: the fault `abort` aborts it. */
  readonly caller = new AbortController();
  /** The reason of the caller's abort, which is rethrown untouched. */
  readonly reason = new Error('the caller has changed its mind');
  /** Arguments of the plugins that are started. */
  args: readonly string[] = [];
  /** What lifts the faults again, and what ends processes that the trial has started. */
  readonly undo: (() => void | Promise<void>)[] = [];
  /** Each resolves when an engine that was stopped or killed serves again. */
  readonly disturbances: Promise<void>[] = [];
  #words = 0;

  constructor(stage: Stage, trial: Trial, moments: Moments) {
    this.stage = stage;
    this.trial = trial;
    this.moments = moments;
  }

  get place(): Place {
    return this.stage.place;
  }

  get subject(): Subject {
    return this.stage.subject;
  }

  get probe(): StageParts['probe'] {
    return this.stage.probe;
  }

  /** The engine without the proxy, for what the trial itself does and observes. */
  get engine(): Engine {
    return this.stage.engine;
  }

  get proxy(): FaultProxy {
    return this.stage.proxy;
  }

  get parent(): string {
    return this.stage.parent;
  }

  /** The folder of the catalogs. */
  get directory(): string {
    return this.stage.directory;
  }

  /** The socket at which hosts reach the engine. */
  get socketPath(): string {
    return this.stage.socketPath;
  }

  /** Every host that is open: those of this trial, and those that live on. */
  get openHosts(): PluginHost[] {
    return [...this.stage.living.values(), ...this.hosts.filter((host) => !this.closed.has(host))];
  }

  get hostOptions(): PluginHostOptions {
    return {
      socketPath: this.socketPath,
      runtime: this.place.runtime,
      socketDirectory: this.parent,
      // The next run removes what one that was killed has left.
      clusterId: 'bulkhead-soak',
      directory: this.directory,
      kinds: { [trialType]: this.subject.kind, probe: this.probe.kind },
      logger: {
        debug: ignored,
        info: ignored,
        warn: (_, { error }) => this.stage.warnings.push(error),
        error: (_, { error }) => this.stage.warnings.push(error),
      },
      stopGraceMs: 500,
      // A plugin that is paused before its handshake is waited for so long.
      startTimeoutMs: 20_000,
      restart: { delayMs: 20, maxDelayMs: 200, maxFailures: 5 },
      // Longer than a plugin on a busy machine needs, or it would be given up again and again.
      health: { intervalMs: 1_000, timeoutMs: 2_500, failures: 2 },
      ...this.place.hostOptions,
    };
  }

  /** Opens a host, which is closed at the end of the trial. */
  async open(options: PluginHostOptions = {}): Promise<PluginHost> {
    const host = await PluginHost.open({ ...this.hostOptions, ...options });
    this.hosts.push(host);
    return host;
  }

  /** The host that lives on from trial to trial; the first trial that needs it opens it, under its own faults. */
  async livingHost(kind: LivingKind): Promise<PluginHost | undefined> {
    const known = this.stage.living.get(kind);
    if (known !== undefined) return known;
    const opening = PluginHost.open({
      ...this.hostOptions,
      ...(kind === 'spare' && { warmSpare: true }),
      signal: this.caller.signal,
    });
    const host = await this.ledger.track('open', opening);
    if (host !== undefined) this.stage.living.set(kind, host);
    return host;
  }

  /** Lifts the faults, the last one first: a disk that is full is emptied once it is not read-only any more. */
  async lift(): Promise<void> {
    for (const lift of this.undo.splice(0).reverse()) await lift();
  }

  /** Resolves when the engine serves again, whatever was done to it: nothing can be asked of it before. */
  async calm(): Promise<void> {
    await Promise.allSettled(this.disturbances);
  }

  /** A word that no other call of the stage has. */
  word(): string {
    this.#words += 1;
    return `${this.trial.seed.toString(36)}-${this.#words}`;
  }
}
