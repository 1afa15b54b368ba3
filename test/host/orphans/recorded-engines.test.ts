/** Engines that nobody finds by their sockets: those that a dead host has recorded are looked at all the same. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { findExecutable, searchPath } from '../../../src/linux/find-executable.ts';
import { connectEngine, startPodmanService } from '../../../src/engine/index.ts';
import { PluginHost } from '../../../src/index.ts';
import { startBulkhead, type Ended } from '../../cli/bulkhead.ts';
import { loadEngines, noEngines } from '../../engines/engines.ts';
import { engineSwitch } from '../engine-switch.ts';
import { programArgs } from '../../plugins/program-args.ts';

const limits = { timeout: 300_000 };
/** A state of the test's own: records of other hosts of this user would be looked at too. */
const state = await mkdtemp(join(tmpdir(), 'bulkhead-state-'));
process.env['XDG_STATE_HOME'] = state;
after(() => rm(state, { recursive: true }));
const path = searchPath(process.env['PATH']);

async function whyNoPodman(): Promise<string | false> {
  if (process.geteuid?.() !== 0) return 'needs root, for a storage of its own';
  return (await findExecutable('podman', path)) === undefined ? 'podman is not installed' : false;
}

async function bulkhead(directory: string, args: readonly string[]): Promise<Ended> {
  // Without the variables that lead to the engines of the tests.
  const child = startBulkhead(args, {
    BULKHEAD_DIRECTORY: directory,
    XDG_STATE_HOME: state,
    TMPDIR: state,
  });
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...output };
}

/** A storage, a directory and a folder for sockets of the test's own. */
async function openWorld() {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  const at = (name: string) => join(folder, name);
  const storage = { root: at('root'), runRoot: at('run') };
  const children: ChildProcess[] = [];
  return {
    directory: at('directory'),
    sockets: folder,
    storage,
    /** Starts a host with its own Podman and a plugin for each runtime. @returns the ids of the containers */
    async doom(runtimes: readonly string[]): Promise<{ readonly ids: string[]; kill(): Promise<void> }> {
      const script = programArgs('test/host/orphans/doomed-embedded.ts');
      const args = [storage.root, storage.runRoot, folder, at('directory'), ...runtimes];
      const child = spawn(process.execPath, [...script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
      children.push(child);
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const ids: string[] = [];
      for (const _runtime of runtimes) ids.push(String((await lines.next()).value));
      return {
        ids,
        async kill() {
          const exit = once(child, 'exit');
          child.kill('SIGKILL');
          await exit;
        },
      };
    },
    /** Names of the containers in the storage. */
    async containers(): Promise<string[]> {
      await using service = await startPodmanService({ ...storage, runtime: 'runc' });
      await using engine = await connectEngine({ socketPath: service.socketPath });
      return (await engine.containers.list({ all: true })).map(({ id }) => id);
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL');
      spawnSync('umount', ['-l', join(storage.root, 'overlay')]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe('the embedded Podman of a host that was killed', { skip: await whyNoPodman(), ...limits }, () => {
  it('is started again by ps and gc, for each runtime, which show and remove what still runs', async () => {
    await using world = await openWorld();
    const runtimes = ['runc', 'crun'];
    const host = await world.doom(runtimes);
    const seen = async (): Promise<string[]> => {
      const { status, stdout, stderr } = await bulkhead(world.directory, ['ps', '-format=json']);
      assert.equal(status, 0, stderr);
      const rows = JSON.parse(stdout) as { container?: string; state: string }[];
      return rows
        .filter(({ container, state }) => host.ids.includes(container ?? '') && state !== 'n/a')
        .map(({ container }) => container ?? '');
    };
    assert.deepEqual((await seen()).sort(), [...host.ids].sort(), 'while the host lives');
    await host.kill();
    assert.deepEqual((await seen()).sort(), [...host.ids].sort(), 'after it was killed');
    const swept = await bulkhead(world.directory, ['gc', '-format=json']);
    assert.equal(swept.status, 0, swept.stdout + swept.stderr);
    const { containers } = JSON.parse(swept.stdout) as { containers: { id: string }[] };
    const removed = containers.map(({ id }) => id);
    for (const id of host.ids) assert.ok(removed.includes(id), `${id} was removed`);
    assert.deepEqual(await world.containers(), []);
    assert.deepEqual(await readdir(join(world.directory, 'catalog/hosts')), [], 'nothing is left to look at');
    assert.deepEqual(
      (await readdir(world.sockets)).filter((name) => name.startsWith('bulkhead-')),
      [],
    );
  });

  it('is looked at by host.gc too, and its record goes with a host that is closed', async () => {
    await using world = await openWorld();
    const host = await world.doom(['runc']);
    await host.kill();
    const [engine] = loadEngines().flatMap(({ services }) => services.map(({ socket }) => socket));
    const other = await PluginHost.open({
      directory: world.directory,
      socketDirectory: world.sockets,
      ...(engine === undefined ? { embedded: true } : { socketPath: engine }),
    });
    try {
      assert.deepEqual((await other.gc({ recorded: false })).containers, []);
      const swept = await other.gc();
      assert.deepEqual(
        swept.containers.map(({ id }) => id),
        host.ids,
      );
      assert.deepEqual(swept.failures, []);
    } finally {
      await other.close();
    }
    assert.deepEqual(await readdir(join(world.directory, 'catalog/hosts')), []);
  });

  it('of another user is named, and not looked at', async () => {
    await using world = await openWorld();
    const host = await world.doom(['runc']);
    await host.kill();
    const folder = join(world.directory, 'catalog/hosts');
    const [name = ''] = await readdir(folder);
    const record = JSON.parse(await readFile(join(folder, name), 'utf8')) as object;
    await writeFile(join(folder, name), JSON.stringify({ ...record, uid: 65_534 }));
    const swept = await bulkhead(world.directory, ['gc']);
    assert.equal(swept.status, 3);
    assert.match(swept.stdout, /the embedded Podman with runtime runc .* belongs to user 65534/);
    assert.equal((await world.containers()).length, 1);
    await writeFile(join(folder, name), JSON.stringify(record));
    assert.equal((await bulkhead(world.directory, ['gc'])).status, 0);
    assert.deepEqual(await world.containers(), []);
  });
});

const [service] = loadEngines()
  .filter(({ rootless, suite }) => !rootless && suite === 'host')
  .flatMap(({ services, shareDirectory }) =>
    services.filter(({ runtime }) => runtime === 'runc').map(({ socket }) => ({ socket, shareDirectory })),
  );

describe('an engine that is gone', { skip: service === undefined && noEngines, ...limits }, () => {
  it('is named by gc and ps, which exit with 3, until its record is deleted', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
    const way = await engineSwitch(service?.socket ?? '');
    const program = `
      const { PluginHost } = await import('./src/index.ts');
      await PluginHost.open({ socketPath: ${JSON.stringify(way.socketPath)}, directory: ${JSON.stringify(directory)} });
      console.log('open');
      setInterval(() => undefined, 1_000_000);`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', program];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      await way[Symbol.asyncDispose]();
      for (const command of ['gc', 'ps']) {
        const { status, stdout, stderr } = await bulkhead(directory, [command]);
        assert.equal(status, 3, command);
        assert.ok((stdout + stderr).includes(`the engine at ${way.socketPath} could not be asked`), command);
        assert.doesNotMatch(stdout, /Nothing was left behind/);
      }
      const { stdout } = await bulkhead(directory, ['gc']);
      const record = /delete (\S+\.json)/.exec(stdout)?.[1] ?? '';
      assert.ok(existsSync(record), stdout);
      await rm(record);
      const after = await bulkhead(directory, ['gc']);
      assert.deepEqual([after.status, after.stdout], [0, 'Nothing was left behind.\n']);
    } finally {
      child.kill('SIGKILL');
      await way[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    }
  });
});
