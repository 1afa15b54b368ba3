/** From a packed plugin to a supervised one and back to nothing, on a real engine. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { hostLabels } from '../../src/host/index.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { loadFixture } from '../plugins/images.ts';
import { startBulkhead } from './bulkhead.ts';

const engines = loadEngines().filter(({ rootless, suite }) => !rootless && suite === 'host');

if (engines.length === 0) it('keeps a registered plugin running', { skip: noEngines }, () => undefined);

for (const testEngine of engines) {
  describe(`a registered plugin on ${testEngine.name}`, { timeout: 600_000 }, () => {
    it('is kept running, asked, reloaded, killed and served again, and leaves nothing', async (t) => {
      await using world = await openWorld(testEngine);
      const { bulkhead, engine } = world;
      const fixture = await loadFixture(engine, 'node-vault-kv');
      if (fixture.skipped !== undefined) {
        t.skip(fixture.skipped);
        return;
      }
      const where = [`-engine=${engine.socketPath}`, `-socket_directory=${world.sockets}`];
      assert.equal((await bulkhead('plugin', 'runtime', 'register', '-oci_runtime=runc', 'fast')).status, 0);
      const registered = await bulkhead(
        'plugin',
        'register',
        `-oci_image=${fixture.tag}`,
        '-runtime=fast',
        ...where,
        'secret',
        'kv',
      );
      assert.deepEqual(
        [registered.status, registered.stdout],
        [0, 'Success! Registered plugin: kv\n'],
        registered.stderr,
      );

      // Without a host: a call starts it, and stops it.
      const alone = await bulkhead('call', 'kv', 'KV/Put', '{"key":"a","value":"aGVsbG8="}', ...where);
      assert.deepEqual([alone.status, alone.stdout], [0, '{}\n'], alone.stderr);
      assert.deepEqual(await world.containers(), []);

      const host = world.start('run', 'secret/kv', ...where);
      const output = linesOf(host);
      await output.until(/^protocol_version +5$/m);
      const [first] = await world.processes(where);
      assert.deepEqual(
        [first?.type, first?.name, first?.state, first?.restarts, first?.mounts, first?.pid],
        ['secret', 'kv', 'ready', 0, 1, host.pid],
      );
      assert.ok((first?.memory_bytes ?? 0) > 0 || testEngine.kind === 'podman');

      // With a host: the one that runs is called, so it remembers.
      assert.equal((await bulkhead('call', 'kv', 'KV/Put', '{"key":"a","value":"aGVsbG8="}')).status, 0);
      const got = await bulkhead('call', 'secret/kv', 'KV/Get', '{"key":"a"}');
      assert.deepEqual(JSON.parse(got.stdout), { value: 'aGVsbG8=' });
      const wrong = await bulkhead('call', 'kv', 'KV/Gte', '{}');
      assert.deepEqual([wrong.status, wrong.stderr.includes('did you mean Get?')], [2, true]);

      const logs = await bulkhead('logs', 'kv');
      assert.match(logs.stdout, /^\d{4}-\S+ \[debug\] plugin address/m);

      const reloaded = await bulkhead('plugin', 'reload', '-plugin=kv');
      assert.deepEqual(
        [reloaded.status, reloaded.stdout],
        [0, 'Success! Reloaded plugin: kv\n'],
        reloaded.stderr,
      );
      const [second] = await world.processes(where);
      assert.notEqual(second?.container, first?.container);

      host.kill('SIGHUP');
      await output.until(/secret kv was reloaded/);

      const [third] = await world.processes(where);
      await engine.containers.kill(third?.container ?? '');
      const served = await bulkhead('call', 'kv', 'KV/Put', '{"key":"b","value":""}');
      assert.equal(served.status, 0, served.stderr);
      const [fourth] = await world.processes(where);
      assert.deepEqual([fourth?.restarts, fourth?.instance], [1, third?.instance]);

      // The second end in a row is followed by a pause, in which nothing but the host keeps the process alive.
      await engine.containers.kill(fourth?.container ?? '');
      await output.until(/secret kv is backing-off[^]*secret kv is ready/);

      // What follows the logs ends with the host.
      const follower = world.start('logs', '-f', 'kv');
      await linesOf(follower).until(/plugin address/);
      const followed = once(follower, 'exit');
      const ended = once(host, 'exit');
      host.kill('SIGINT');
      assert.deepEqual(await ended, [0, null], output.text());
      await followed;

      assert.deepEqual(await world.containers(), []);
      assert.deepEqual(await readdir(world.sockets), []);
      assert.deepEqual(await readdir(join(world.directory, 'hosts')), []);
      assert.equal((await bulkhead('logs', 'kv')).status, 1);
      assert.equal((await bulkhead('plugin', 'reload', '-plugin=kv')).status, 1);
    });

    it('is swept after its host was killed', async (t) => {
      await using world = await openWorld(testEngine);
      const { bulkhead, engine } = world;
      const fixture = await loadFixture(engine, 'node-vault-kv');
      if (fixture.skipped !== undefined) {
        t.skip(fixture.skipped);
        return;
      }
      const where = [`-engine=${engine.socketPath}`, `-socket_directory=${world.sockets}`];
      await bulkhead('plugin', 'runtime', 'register', '-oci_runtime=runc', 'fast');
      await bulkhead(
        'plugin',
        'register',
        '-skip_probe',
        `-oci_image=${fixture.tag}`,
        '-runtime=fast',
        'secret',
        'kv',
      );
      const host = world.start('run', 'kv', ...where);
      await linesOf(host).until(/^protocol_version/m);
      const ended = once(host, 'exit');
      host.kill('SIGKILL');
      await ended;
      const swept = await bulkhead('gc', '-format=json', ...where);
      assert.equal(swept.status, 0, swept.stderr);
      assert.deepEqual(await world.containers(), []);
      assert.deepEqual(await readdir(world.sockets), []);
      assert.equal((await bulkhead('ps', '-format=json', ...where.slice(0, 1))).status, 0);
    });
  });
}

interface Row {
  readonly instance: string;
  readonly type: string;
  readonly name: string;
  readonly state: string;
  readonly restarts?: number;
  readonly mounts?: number;
  readonly memory_bytes?: number;
  readonly pid?: number;
  readonly container?: string;
}

interface Done {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An engine, a directory and a folder for sockets of the test's own. What was started is ended with it. */
async function openWorld(testEngine: TestEngine) {
  const socketPath = testEngine.services.find(({ runtime }) => runtime === 'runc')?.socket ?? '';
  const engine: Engine = await connectEngine({ socketPath });
  const directory = await mkdtemp(join(tmpdir(), 'bulkhead-cli-'));
  const parent = await ownSocketParent(testEngine);
  const started: ChildProcess[] = [];
  const environment = { BULKHEAD_DIRECTORY: directory };
  const start = (...args: string[]): ChildProcess => {
    const child = startBulkhead(args, environment);
    started.push(child);
    return child;
  };
  const bulkhead = async (...args: string[]): Promise<Done> => {
    const child = start(...args);
    const output = { stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number | null];
    return { status, ...output };
  };
  const ours = async (where: readonly string[]): Promise<Row[]> => {
    const { stdout, stderr, status } = await bulkhead('ps', '-format=json', ...where.slice(0, 1));
    assert.equal(status, 0, stderr);
    return (JSON.parse(stdout) as Row[]).filter(({ pid }) => started.some((child) => child.pid === pid));
  };
  return {
    engine,
    directory,
    sockets: parent.path,
    start,
    bulkhead,
    processes: ours,
    /** Names of this test's containers: those whose sockets are in its folder. */
    async containers(): Promise<string[]> {
      const all = await engine.containers.list({ all: true, filters: { label: [hostLabels.folder] } });
      return all
        .filter(({ labels }) => labels[hostLabels.folder]?.startsWith(parent.path))
        .flatMap(({ names }) => names);
    },
    async [Symbol.asyncDispose]() {
      for (const child of started) if (child.exitCode === null) child.kill('SIGKILL');
      await engine.close();
      await parent[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What a process writes, both ways, and waiting for something in it. */
function linesOf(child: ChildProcess): { until(pattern: RegExp): Promise<void>; text(): string } {
  let text = '';
  let look: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      look();
    });
  }
  child.once('exit', () => {
    look();
  });
  return {
    text: () => text,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (pattern.test(text)) resolve();
          else if (child.exitCode !== null) reject(new Error(`ended without ${String(pattern)}: ${text}`));
        };
        look();
      }),
  };
}
