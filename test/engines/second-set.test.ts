import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { enginesScript, loadEngines, loadStatus, noEngines, type TestEngine } from './engines.ts';
import { startStillContainer } from './still-container.ts';

const first = loadEngines();

/** An engine of a second set with a container in it, beside the first set: what it leaves behind can be told apart. */
describe('a second set of engines', { skip: reasonToSkip(), timeout: 180_000 }, () => {
  const folders: string[] = [];
  let environment: NodeJS.ProcessEnv = {};
  let runDirectory = '';

  before(async () => {
    for (const base of ['/run', '/var/tmp']) folders.push(await mkdtemp(`${base}/engines-`));
    [runDirectory = ''] = folders;
    environment = {
      ...process.env,
      BULKHEAD_ENGINES_RUN: runDirectory,
      BULKHEAD_ENGINES_DATA: folders[1],
    };
  });

  after(async () => {
    engines('down');
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  it('has its own sockets and leaves those of the first set alone', () => {
    engines('up', 'podman-rootful');
    const sockets = secondPodman().services.map(({ socket }) => socket);
    assert.deepEqual(
      sockets,
      ['runc', 'crun', 'runsc'].map((runtime) => `${runDirectory}/host/podman-rootful/${runtime}.sock`),
    );
    assert.deepEqual(loadEngines(), first);
  });

  it('reports a service that was killed, and replaces it with what it had started', async () => {
    const [runc, crun] = secondPodman().services;
    assert.ok(runc && crun);
    const container = await startStillContainer({ kind: 'podman' }, runc);
    const killed = mainProcess(runc.socket);
    const kept = mainProcess(crun.socket);
    process.kill(killed, 'SIGKILL');
    await ended(killed);

    const known = loadStatus(environment).engines.find(({ name }) => name === 'podman-rootful');
    const service = known?.services.find(({ runtime }) => runtime === 'runc');
    assert.equal(service?.state, 'failed');
    assert.match(service.reason ?? '', /it has ended since/);

    engines('up', 'podman-rootful');
    assert.equal(secondPodman().services.length, 3);
    assert.notEqual(mainProcess(runc.socket), killed);
    assert.equal(mainProcess(crun.socket), kept);
    assert.equal(isAlive(container.pid), false);
  });

  it('is ended by down without a process, namespace, control group, mount or file left', async () => {
    const engine = secondPodman();
    for (const service of engine.services) await startStillContainer(engine, service);
    const group = path.basename(runDirectory);
    const processes = processesBelow(group);
    const namespaces = new Set(processes.map(networkNamespace));
    namespaces.delete(networkNamespace(process.pid));
    // Each of the three: the service, what watches over the container (conmon), and the container; in two namespaces.
    assert.ok(processes.length >= 9, `${processes.length} processes`);
    assert.ok(namespaces.size >= 6, `${namespaces.size} network namespaces`);
    // As a Podman does that somebody else runs on the same storage, in the machine's own mount namespace.
    const storage = path.join(folders[1] ?? '', 'host/podman-rootful/runc/store/overlay');
    assert.equal(spawnSync('mount', ['--bind', storage, storage]).status, 0);

    engines('down');

    assert.deepEqual(processesBelow(group), []);
    assert.deepEqual(
      allProcesses().filter((pid) => namespaces.has(networkNamespace(pid))),
      [],
    );
    assert.deepEqual(controlGroups(group), []);
    assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(group));
    assert.deepEqual(
      folders.filter((folder) => existsSync(folder)),
      [],
    );
    assert.deepEqual(loadEngines(), first);
  });

  function engines(...args: string[]): void {
    const { status, stderr } = spawnSync(enginesScript, args, {
      encoding: 'utf8',
      timeout: 60_000,
      env: environment,
    });
    assert.equal(status, 0, stderr);
  }

  function secondPodman(): TestEngine {
    const engine = loadEngines(environment).find(({ name }) => name === 'podman-rootful');
    assert.ok(engine);
    return engine;
  }
});

function reasonToSkip(): string | false {
  if (!first.some(({ suite, name }) => suite === 'host' && name === 'podman-rootful')) return noEngines;
  return process.geteuid?.() === 0 ? false : 'needs root';
}

function mainProcess(socket: string): number {
  return Number(readFileSync(socket.replace(/\.sock$/, '.pid'), 'utf8'));
}

function allProcesses(): number[] {
  return readdirSync('/proc').map(Number).filter(Boolean);
}

/** Processes whose control group, in any hierarchy, has this name in its path. */
function processesBelow(group: string): number[] {
  return allProcesses().filter((pid) => isAlive(pid) && read(`/proc/${pid}/cgroup`).includes(`${group}/`));
}

/** A zombie that its parent has not collected yet is no longer alive. */
function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

async function ended(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise(setImmediate);
}

function networkNamespace(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
}

function controlGroups(group: string): string[] {
  const { stdout } = spawnSync('find', ['/sys/fs/cgroup', '-name', `*${group}*`], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
