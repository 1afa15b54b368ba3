/**
 * A host on which it can't be found out whether plugins work, as with SELinux: an override lets them be launched, by every
 * command, the library and the catalog; it is told; and it never lets through what is known not to work.
 */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { PluginHost, type HostEvents } from '../../src/index.ts';
import { startFaultProxy, type Fault } from '../../src/testing/index.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { testsInTurn } from '../engines/in-turn.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { loadFixture } from '../plugins/images.ts';
import { runInProcess } from './in-process.ts';

const engines = loadEngines().filter(({ rootless, suite }) => !rootless && suite === 'host');
if (engines.length === 0) it('overrides', { skip: noEngines }, () => undefined);

type Json = Readonly<Record<string, unknown>>;

/** An engine that says what it would say with SELinux; everything else is its own. */
function withSelinux({ target }: { readonly target: string }): Fault {
  if (target.endsWith('/info')) return { kind: 'edit', edit: (info) => labelling(info as Json) };
  if (!/\/containers\/[^/]+\/json$/.test(target)) return { kind: 'none' };
  const label = 'system_u:system_r:container_t:s0:c1,c2';
  return { kind: 'edit', edit: (container) => ({ ...(container as Json), ProcessLabel: label }) };
}

function labelling(info: Json): Json {
  const { host, SecurityOptions: options } = info;
  if (host === undefined) return { ...info, SecurityOptions: [...(options as string[]), 'name=selinux'] };
  const { security } = host as { security: object };
  return { ...info, host: { ...(host as Json), security: { ...security, selinuxEnabled: true } } };
}

interface World extends AsyncDisposable {
  readonly image: string;
  readonly directory: string;
  readonly socketPath: string;
  readonly sockets: string;
  readonly run: (...args: readonly string[]) => ReturnType<typeof runInProcess>;
}

async function openWorld(testEngine: TestEngine, socket: string): Promise<World | { skipped: string }> {
  await using direct = await connectEngine({ socketPath: socket });
  const image = await loadFixture(direct, 'node-vault-kv');
  if (image.skipped !== undefined) return { skipped: image.skipped };
  const proxy = await startFaultProxy({ target: socket, fault: withSelinux });
  const parent = await ownSocketParent(testEngine);
  const directory = await mkdtemp(join(tmpdir(), 'override-'));
  return {
    image: image.tag,
    directory,
    socketPath: proxy.socketPath,
    sockets: parent.path,
    run: (...args) => runInProcess(args, { BULKHEAD_DIRECTORY: directory }),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await parent[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

for (const [number, testEngine] of engines.entries()) {
  const runc = testEngine.services.find(({ runtime }) => runtime === 'runc');
  if (runc === undefined) continue;
  describe(`an override on ${testEngine.name}`, { timeout: 300_000 }, () => {
    const itInTurn = testsInTurn(number, engines.length);

    itInTurn(
      'is taken by every command that launches or judges, kept with what is registered, and told',
      async (t) => {
        const world = await openWorld(testEngine, runc.socket);
        if ('skipped' in world) {
          t.skip(world.skipped);
          return;
        }
        await using _world = world;
        const { run, image, socketPath, sockets } = world;
        const where = [`-engine=${socketPath}`, `-socket_directory=${sockets}`];
        const said = (stdout: string) =>
          JSON.parse(stdout) as { ok: boolean; verdict: string; overridden: boolean };

        const asImage = ['check', image, '-type=secret', '-oci_runtime=runc', '-format=json', ...where];
        const refused = await run(...asImage);
        assert.deepEqual([refused.status, said(refused.stdout).verdict], [3, 'unknown'], refused.stderr);
        const passed = await run(...asImage, '-override=unknown');
        assert.equal(passed.status, 0, passed.stderr);
        assert.deepEqual(
          [said(passed.stdout).ok, said(passed.stdout).verdict, said(passed.stdout).overridden],
          [true, 'unknown', true],
        );

        await run('plugin', 'runtime', 'register', '-oci_runtime=runc', 'plain');
        await run('plugin', 'runtime', 'register', '-oci_runtime=runc', '-override=unknown', 'daring');
        const register = (name: string, ...flags: readonly string[]) =>
          run('plugin', 'register', `-oci_image=${image}`, ...flags, ...where, 'secret', name);
        const without = await register('kv', '-runtime=plain');
        assert.equal(without.status, 3, without.stderr);
        assert.match(without.stderr, /LAUNCH_UNKNOWN[\s\S]*-override=unknown/);

        const byRuntime = await register('kv', '-runtime=daring');
        assert.equal(byRuntime.status, 0, byRuntime.stderr);
        assert.match(
          byRuntime.stderr,
          /launched all the same, because of the override unknown: selinux-label/,
        );
        const byPlugin = await register('own', '-runtime=plain', '-override=unknown');
        assert.equal(byPlugin.status, 0, byPlugin.stderr);
        const info = await run('plugin', 'info', '-format=json', 'secret', 'own');
        assert.equal((JSON.parse(info.stdout) as { override: string }).override, 'unknown');

        await run(
          'plugin',
          'register',
          `-oci_image=${image}`,
          '-runtime=plain',
          '-skip_probe',
          'secret',
          'plain',
        );
        const put = '{"key":"a","value":"aGVsbG8="}';
        for (const name of ['kv', 'own']) {
          const checked = await run('check', `secret/${name}`, '-format=json', ...where);
          assert.deepEqual([checked.status, said(checked.stdout).overridden], [0, true], checked.stderr);
          const called = await run('call', `secret/${name}`, 'KV/Put', put, ...where);
          assert.equal(called.status, 0, called.stderr);
          assert.match(called.stderr, /because of the override unknown/);
        }
        const plainCheck = await run('check', 'secret/plain', '-format=json', ...where);
        assert.deepEqual([plainCheck.status, said(plainCheck.stdout).overridden], [3, false]);
        assert.equal((await run('call', 'secret/plain', 'KV/Put', put, ...where)).status, 3);
        const byFlag = await run('check', 'secret/plain', '-format=json', '-override=unknown', ...where);
        assert.deepEqual([byFlag.status, said(byFlag.stdout).overridden], [0, true], byFlag.stderr);
        const called = await run('call', 'secret/plain', 'KV/Put', put, '-override=unknown', ...where);
        assert.equal(called.status, 0, called.stderr);
        const never = await run('call', 'secret/plain', 'KV/Put', put, '-override=refused', ...where);
        assert.deepEqual(
          [never.status, never.stderr.includes('only what is unknown')],
          [2, true],
          never.stderr,
        );
      },
    );

    itInTurn('serves a host, its mounts and a reload, and is an event; a refusal stays one', async (t) => {
      const world = await openWorld(testEngine, runc.socket);
      if ('skipped' in world) {
        t.skip(world.skipped);
        return;
      }
      await using _world = world;
      const { image, socketPath, sockets: socketDirectory } = world;
      const told: HostEvents['bulkhead:override'][] = [];
      const keep = (event: unknown): void => void told.push(event as HostEvents['bulkhead:override']);
      subscribe('bulkhead:override', keep);
      try {
        const options = { socketPath, socketDirectory, runtime: 'runc', sweep: false };
        await using daring = await PluginHost.open({ ...options, override: 'unknown' });
        const kv = { type: 'secret', name: 'kv', ociImage: image };
        await daring.plugins.register(kv, { skipProbe: true });
        await using _plugin = await daring.start('secret', 'kv');
        assert.deepEqual(
          told.map(({ host, name, override, reasons }) => [
            host,
            name,
            override,
            reasons.map(({ rule }) => rule),
          ]),
          [[daring.id, 'kv', 'unknown', ['selinux-label']]],
        );

        await using host = await PluginHost.open(options);
        await host.plugins.register({ ...kv, override: 'unknown' }, { skipProbe: true });
        await using _mount = await host.mount('secret', 'kv');
        await host.plugins.register(kv, { skipProbe: true });
        assert.deepEqual(
          (await host.checkDrift()).flatMap(({ drift }) => drift),
          [],
        );
        await assert.rejects(host.reload('secret', 'kv'), { code: 'RELOAD_FAILED' });
        assert.equal(await host.reload('secret', 'kv', { override: 'unknown' }), 1);
        assert.deepEqual(
          told.slice(1).map((event) => event.host),
          [host.id, host.id],
        );

        // What is known not to work is refused by name, whatever is overridden.
        await host.plugins.register({ ...kv, network: 'host', override: 'unknown' }, { skipProbe: true });
        const check = await host.check('secret', 'kv');
        assert.deepEqual([check.ok, check.status, check.overridden], [false, 'refused', false]);
        await assert.rejects(host.start('secret', 'kv'), { code: 'LAUNCH_REFUSED' });
      } finally {
        unsubscribe('bulkhead:override', keep);
      }
    });
  });
}
