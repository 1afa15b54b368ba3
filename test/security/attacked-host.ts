/** A host on one engine with one runtime that is attacked again and again, and what is looked at after each attack. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readlinkSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { findEngineProcess } from '../../src/compatibility/gather/engine-process.ts';
import { isKnown } from '../../src/compatibility/index.ts';
import { hostLabels } from '../../src/host/index.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import type { TestEngine } from '../engines/engines.ts';
import { checkout } from '../plugins/cache.ts';
import { anyKeyValue, loadFixture } from '../plugins/images.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { loadAttacker, type Language } from './attacker-images.ts';
import type { Attack } from './attacks.ts';
import { layDecoy, type Decoy } from './decoy.ts';
import type { AttackReport, HostCommand, HostReport } from './messages.ts';
import { reachable, type Reachable } from './reachable.ts';
import { programArgs } from '../plugins/program-args.ts';

export interface Cell {
  readonly testEngine: TestEngine;
  readonly runtime: string;
  readonly socket: string;
}

export interface Outcome extends AttackReport {
  /** What is wrong after the attack, in words. Empty when the attack gained nothing. */
  readonly harm: readonly string[];
}

/**
 * The most that a host may hold while it is attacked, as the kernel counts it; one that is at rest takes about 170 MiB when it
 * runs from sources, and every garbage collector is a little late.
 */
export const boundMiB = 512;
/** Ends an attack that hangs the host. */
const attackMs = 75_000;

type Folder = { readonly path: string } & AsyncDisposable;

interface Running {
  readonly child: ChildProcess;
  readonly hostId: string;
  /** The next line that it says; `undefined` when it has ended, or says nothing. */
  readonly next: () => Promise<HostReport | undefined>;
}

export class AttackedHost implements AsyncDisposable {
  readonly cell: Cell;
  readonly #engine: Engine;
  readonly #parent: Folder;
  readonly #decoy: Decoy;
  readonly #images = new Map<Language, Promise<string | undefined>>();
  readonly #reachable: Reachable;
  readonly #token = randomUUID();
  #running: Running | undefined;

  private constructor(
    cell: Cell,
    parts: { engine: Engine; parent: Folder; decoy: Decoy; reachable: Reachable },
  ) {
    this.cell = cell;
    this.#engine = parts.engine;
    this.#parent = parts.parent;
    this.#decoy = parts.decoy;
    this.#reachable = parts.reachable;
  }

  static async open(cell: Cell): Promise<AttackedHost> {
    const engine = await connectEngine({ socketPath: cell.socket });
    const parent = await ownSocketParent(cell.testEngine);
    const decoy = await layDecoy(cell.testEngine.shareDirectory);
    return new AttackedHost(cell, { engine, parent, decoy, reachable: await reachable() });
  }

  /** The attacker's image; `undefined` where it can't be built. */
  image(language: Language): Promise<string | undefined> {
    const known = this.#images.get(language);
    if (known !== undefined) return known;
    const [, first = '', second = ''] = this.cell.socket.split('/');
    const image = loadAttacker(this.#engine, language, {
      canary: canaryPath,
      engineFolder: `/${first}/${second}`,
    });
    this.#images.set(language, image);
    return image;
  }

  async suffer(attack: Attack, image: string, user: string): Promise<Outcome> {
    const { socket, testEngine, runtime } = this.cell;
    const running = (this.#running ??= await this.#start());
    const before = await this.#decoy.snapshot();
    const known = this.#decoy.connections();
    await rm(canaryPath, { force: true });
    const program = `/opt/${testEngine.kind === 'docker' ? 'dockerd' : 'podman'}`;
    const command: HostCommand = {
      attack,
      image,
      user,
      memoryBytes: attack.memoryBytes,
      entrypoint: attack.disguised === true ? [program] : undefined,
      env: {
        ATTACK_TOKEN: this.#token,
        ATTACK_VICTIM: this.#decoy.victim,
        ATTACK_SOCKET: this.#decoy.socket,
        ATTACK_ENGINE: socket,
        ATTACK_TITLE: testEngine.kind === 'docker' ? 'dockerd' : 'podman system service',
        ATTACK_ABSTRACT: this.#reachable.abstract,
        ATTACK_PORT: String(this.#reachable.port),
      },
    };
    running.child.stdin?.write(`${JSON.stringify(command)}\n`);
    const report = await running.next();
    const lost: AttackReport = {
      said: 'the host was lost',
      gained: [],
      served: false,
      peakMiB: 0,
      logged: 0,
      heard: false,
    };
    const harm: string[] = [];
    if (report === undefined || !('said' in report)) {
      harm.push(`the host ${await this.#giveUp()}`);
    } else {
      if (attack.name.startsWith('log-') && !report.heard) harm.push('later log lines were not heard');
      if (attack.ends?.test(report.said) === false) harm.push(`the host said: ${report.said}`);
      if (!report.served) harm.push('the other plugin was not served any more');
      if (report.peakMiB > boundMiB) harm.push(`the host held ${report.peakMiB} MiB`);
      harm.push(...(await this.#left()));
      const isOther = attack.kernel === true && runtime === 'runsc';
      const isUnstoppable =
        testEngine.rootless || (attack.stoppedByMount === true && (await this.#hasOwnMounts()));
      const excused = isUnstoppable ? attack.tolerated : undefined;
      if (!isOther)
        harm.push(
          ...report.gained
            .filter((gain) => excused?.test(gain) !== true)
            .map((gain) => `the attacker: ${gain}`),
        );
    }
    if (existsSync(canaryPath)) harm.push("the host executed the attacker's program");
    if (this.#decoy.connections() > known) harm.push('the host connected to a socket of its own');
    const after = await this.#decoy.snapshot();
    const changed = Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]);
    if (changed.length > 0)
      harm.push(
        `files outside were changed: ${changed.map((name) => `${name}: ${before[name] ?? 'none'} -> ${after[name] ?? 'none'}`).join('; ')}`,
      );
    return { ...(report !== undefined && 'said' in report ? report : lost), harm };
  }

  /** Whether the engine is in another mount namespace than this process, as those of the tests are. */
  async #hasOwnMounts(): Promise<boolean> {
    const found = await findEngineProcess(this.#engine);
    if (!isKnown(found)) throw new Error(`the process of the engine is not known: ${found.unknown}`);
    return readlinkSync(`${found.value.folder}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt');
  }

  /** Closes the host in order. @returns what is left of it */
  async close(): Promise<string[]> {
    if (this.#running === undefined) return [];
    const { child, hostId, next } = this.#running;
    child.stdin?.write(`${JSON.stringify({ end: true })}\n`);
    const closed = await next();
    if (closed === undefined) return [`the host ${await this.#giveUp()} while it closed`];
    if (child.exitCode === null) await once(child, 'exit');
    this.#running = undefined;
    const containers = await this.#containers(hostId);
    const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
      .split('\n')
      .filter((line) => line.includes(this.#parent.path));
    return [
      ...containers.map((id) => `container ${id}`),
      ...(await readdir(this.#parent.path)).map((name) => `folder ${name}`),
      ...mounts.map((line) => `mount ${line}`),
      ...(await this.#processes()).map((pid) => `process ${pid}`),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running !== undefined) await this.#giveUp();
    await this.#engine.close();
    await this.#parent[Symbol.asyncDispose]();
    await this.#decoy[Symbol.asyncDispose]();
    await this.#reachable[Symbol.asyncDispose]();
    await rm(canaryPath, { force: true });
  }

  async #start(): Promise<Running> {
    const honest = await loadFixture(this.#engine, anyKeyValue);
    if (honest.skipped !== undefined) throw new Error(honest.skipped);
    const script = programArgs('test/security/host-process.ts');
    const args = [this.cell.socket, this.cell.runtime, this.#parent.path, honest.tag, '65532:65532'];
    const child = spawn(process.execPath, [...script, ...args], {
      cwd: checkout,
      stdio: ['pipe', 'pipe', process.env['BULKHEAD_ATTACKS_VERBOSE'] === undefined ? 'ignore' : 'inherit'],
      env: { ...process.env, ATTACK_HOST_SECRET: 'of the environment' },
    });
    child.stdin.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<HostReport | undefined> => {
      const limit = AbortSignal.timeout(attackMs);
      const late = once(limit, 'abort').then(() => undefined);
      const line = await Promise.race([lines.next(), late]);
      return line === undefined || line.done === true ? undefined : (JSON.parse(line.value) as HostReport);
    };
    const ready = await next();
    if (ready === undefined || !('ready' in ready)) {
      child.kill('SIGKILL');
      throw new Error(`the host did not open on ${this.cell.socket}`);
    }
    return { child, hostId: ready.hostId, next };
  }

  /** Ends a host that was lost, and removes what it left: the next attack begins anew. @returns how it was lost */
  async #giveUp(): Promise<string> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return 'was not there';
    const { child, hostId } = running;
    const hung = child.exitCode === null && child.signalCode === null;
    if (hung) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
    for (const id of await this.#containers(hostId))
      await this.#engine.containers.remove(id, { force: true });
    for (const name of await readdir(this.#parent.path))
      await rm(`${this.#parent.path}/${name}`, { recursive: true, force: true });
    return hung
      ? `hung for ${attackMs / 1000} s`
      : `ended with ${String(child.exitCode ?? child.signalCode)}`;
  }

  /** What is there beside the honest plugin. */
  async #left(): Promise<string[]> {
    const { hostId = '' } = this.#running ?? {};
    const containers = await this.#containers(hostId);
    const own = (await readdir(this.#parent.path)).filter((name) => name.startsWith('bulkhead-'));
    const folders = (await Promise.all(own.map((name) => readdir(`${this.#parent.path}/${name}`))))
      .flat()
      .filter((name) => name.startsWith('bulkhead-'));
    const processes = await this.#processes();
    return [
      ...(containers.length > 1 ? [`${containers.length - 1} containers are left`] : []),
      ...(folders.length > 1 ? [`${folders.length - 1} folders are left: ${folders.join(' ')}`] : []),
      ...(processes.length > 0 ? [`processes are left: ${processes.join(' ')}`] : []),
    ];
  }

  async #containers(hostId: string): Promise<string[]> {
    const filters = { label: [`${hostLabels.hostId}=${hostId}`] };
    return (await this.#engine.containers.list({ all: true, filters })).map(({ id }) => id);
  }

  /** Processes of attackers, by a variable that only they have. */
  async #processes(): Promise<string[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(
      pids.map(async (pid) => {
        const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
        return environment.includes(`ATTACK_TOKEN=${this.#token}`) ? [pid] : [];
      }),
    );
    return found.flat();
  }
}

/** Only code of the host could write it. */
const canaryPath = '/var/tmp/bulkhead-attack-canary';
