/** What several trials at one place share: the proxy before the engine, the folders, and the hosts that live on from one trial to the next. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeContainer } from '../container/index.ts';
import { connectEngine, type Engine } from '../engine/index.ts';
import type { Plugin } from '../goplugin/index.ts';
import type { PluginHost } from '../host/index.ts';
import type { HttpServer } from '../server/index.ts';
import { startFaultProxy, type FaultProxy } from '../testing/index.ts';
import { endAll } from '../waiting/end-all.ts';
import { smallDisk, type Disk } from './disk.ts';
import { Moments } from './moments.ts';
import { onRequests, type Asked } from './request-events.ts';
import { RequestLog } from './request-log.ts';
import type { Place, Subject } from './subject.ts';

export interface StageParts {
  readonly place: Place;
  readonly subject: Subject;
  /** The probe that calls back through the broker. */
  readonly probe: { readonly image: string; readonly kind: Subject['kind'] };
}

/** A host that lives on: one as everybody opens it, one that keeps spare plugins, one behind an HTTP server. */
export type LivingKind = 'plain' | 'spare' | 'server';

export class Stage implements AsyncDisposable {
  readonly place: Place;
  readonly subject: Subject;
  readonly probe: StageParts['probe'];
  /** The engine without the proxy, for what a trial itself does and observes. */
  readonly engine: Engine;
  readonly proxy: FaultProxy;
  /** The folder below which every host makes its folders for sockets. */
  readonly parent: string;
  /** Holds the folder of the catalogs. */
  readonly disk: Disk;
  /** Counts for the trial that is under way. */
  moments = new Moments();
  readonly living = new Map<LivingKind, PluginHost>();
  served: HttpServer | undefined;
  /** The token of the first start. */
  token = '';
  /** Whether the server has its mount. */
  serves = false;
  /** The plugin that serves the mount of the probe at this moment. */
  calledBack: Plugin | undefined;
  /** Whether a host that was killed may have left something, because the host that was to sweep was disturbed. */
  isSweepDue = false;
  /** How many trials it has had. */
  trials = 0;
  /** What hosts have warned of: a start in the background has nobody else to tell what it had to leave. */
  readonly warnings: unknown[] = [];
  /** Containers that were looked at, and found as every plugin's are. */
  readonly seen = new Set<string>();
  /** Names of containers that trials made themselves, and whether their engine may make one after its trial. */
  readonly made = new Map<string, { readonly mayComeLate: boolean }>();
  /** Ids of the containers that hosts have started, also those of hosts in other processes that go through the proxy. */
  readonly started = new Set<string>();
  /** What was asked of the engine, by the hosts and by the trials. */
  readonly requests: RequestLog;
  readonly #ends: (() => Promise<void>)[];

  private constructor(
    { place, subject, probe }: StageParts,
    made: Pick<Stage, 'engine' | 'proxy' | 'parent' | 'disk' | 'requests'> & {
      ends: (() => Promise<void>)[];
    },
  ) {
    this.place = place;
    this.subject = subject;
    this.probe = probe;
    this.engine = made.engine;
    this.proxy = made.proxy;
    this.parent = made.parent;
    this.disk = made.disk;
    this.requests = made.requests;
    this.#ends = made.ends;
  }

  static async open(parts: StageParts): Promise<Stage> {
    const { place } = parts;
    const ends: (() => Promise<void>)[] = [];
    const use = <T extends AsyncDisposable | Disposable>(thing: T): T => {
      ends.push(async () => {
        if (Symbol.asyncDispose in thing) await thing[Symbol.asyncDispose]();
        else thing[Symbol.dispose]();
      });
      return thing;
    };
    try {
      const parent = use(await trialFolder(place)).path;
      const disk = use(await smallDisk());
      const engine = use(await connectEngine({ socketPath: place.socketPath }));
      const proxy = use(await startFaultProxy({ target: place.socketPath }));
      const requests = use(new RequestLog());
      const stage = new Stage(parts, { engine, proxy, parent, disk, requests, ends });
      stage.passOn();
      if (place.proxied === false) {
        const count = ({ request }: { request: Asked }) => {
          stage.#note(request.path);
          stage.moments.request({ method: request.method, target: request.path });
        };
        use(onRequests('create', count));
      }
      return stage;
    } catch (error) {
      await endAll(ends.reverse());
      throw error;
    }
  }

  get directory(): string {
    return this.disk.path;
  }

  /** The socket at which hosts reach the engine. */
  get socketPath(): string {
    return this.place.proxied === false ? this.place.socketPath : this.proxy.socketPath;
  }

  /** Removes containers that trials made themselves. Returns those that should have gone with their trial, in words. */
  async removeMade(): Promise<string[]> {
    const left: string[] = [];
    for (const { id, names } of await this.engine.containers.list({ all: true })) {
      const name = names.find((each) => this.made.has(each));
      if (name === undefined) continue;
      if (this.made.get(name)?.mayComeLate !== true)
        left.push(`left of a trial: container ${id.slice(0, 12)} (${name})`);
      await removeContainer(this.engine, id).catch((error: unknown) => left.push(String(error)));
    }
    return left;
  }

  /** Lets the requests through, each with the fault that is due. */
  passOn(): void {
    this.proxy.fault = (request) => {
      this.#note(request.target);
      return this.moments.request(request);
    };
  }

  #note(target: string): void {
    const [, id] = /\/containers\/([0-9a-f]{64})\/start\b/.exec(target) ?? [];
    if (id !== undefined) this.started.add(id);
  }

  /** Ends the hosts that live, or those of these kinds. @throws what the closing of a host throws */
  async endLiving(kinds: readonly LivingKind[] = [...this.living.keys()]): Promise<void> {
    const hosts = kinds.flatMap((kind) => this.living.get(kind) ?? []);
    for (const kind of kinds) this.living.delete(kind);
    if (kinds.includes('plain')) this.calledBack = undefined;
    const served = await Promise.allSettled(kinds.includes('server') ? [this.#endServer()] : []);
    const closed = await Promise.allSettled(hosts.map((host) => host.close()));
    const failed = [...served, ...closed].find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #endServer(): Promise<void> {
    const { served } = this;
    this.served = undefined;
    this.serves = false;
    await served?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endLiving().catch(() => undefined); // who looks for what is left finds it
    await endAll(this.#ends.reverse());
  }
}

/** A folder of its own, through which the user of the engine gets. */
async function trialFolder(place: Place): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(place.shareDirectory ?? tmpdir(), 'soak-'));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
