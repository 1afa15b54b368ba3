/** What the scenario of a trial works with. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../engine/index.ts';
import { PluginHost, type PluginHostOptions } from '../host/index.ts';
import type { FaultProxy } from '../testing/index.ts';
import { Ledger } from './ledger.ts';
import type { Moments } from './moments.ts';
import type { Place, Subject } from './subject.ts';
import type { Trial } from './trial.ts';

/** The type under which the plugin of the trials is registered. */
export const trialType = 'soak';

export interface WorldParts {
  readonly trial: Trial;
  readonly place: Place;
  readonly subject: Subject;
  /** The probe that calls back through the broker. */
  readonly probe: { readonly image: string; readonly kind: Subject['kind'] };
  /** The engine without the proxy, for what the trial itself does and observes. */
  readonly engine: Engine;
  readonly proxy: FaultProxy;
  readonly moments: Moments;
  readonly parent: string;
  readonly directory: string;
}

export class World {
  readonly trial: Trial;
  readonly place: Place;
  readonly subject: Subject;
  readonly probe: WorldParts['probe'];
  readonly engine: Engine;
  readonly proxy: FaultProxy;
  readonly moments: Moments;
  /** The folder below which every host makes its folders for sockets. */
  readonly parent: string;
  /** The folder of the catalogs. */
  readonly directory: string;
  readonly ledger = new Ledger();
  readonly hosts: PluginHost[] = [];
  /** Those of the hosts that the scenario itself has closed. */
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
  #words = 0;

  constructor(parts: WorldParts) {
    this.trial = parts.trial;
    this.place = parts.place;
    this.subject = parts.subject;
    this.probe = parts.probe;
    this.engine = parts.engine;
    this.proxy = parts.proxy;
    this.moments = parts.moments;
    this.parent = parts.parent;
    this.directory = parts.directory;
  }

  /** The socket at which hosts reach the engine. */
  get socketPath(): string {
    return this.place.proxied === false ? this.place.socketPath : this.proxy.socketPath;
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
      stopGraceMs: 500,
      restart: { delayMs: 20, maxDelayMs: 200, maxFailures: 5 },
      health: { intervalMs: 200, timeoutMs: 1_000, failures: 2 },
      ...this.place.hostOptions,
    };
  }

  /** Opens a host, which is closed at the end of the trial. */
  async open(options: PluginHostOptions = {}): Promise<PluginHost> {
    const host = await PluginHost.open({ ...this.hostOptions, ...options });
    this.hosts.push(host);
    return host;
  }

  /** A word that no other call of the trial has. */
  word(): string {
    this.#words += 1;
    return `${this.trial.seed.toString(36)}-${this.#words}`;
  }
}

/** A folder of a trial's own, through which the user of the engine gets. */
export async function trialFolder(place: Place): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(place.shareDirectory ?? tmpdir(), 'soak-'));
  await chmod(path, 0o755);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}
