/** Plugins of kinds that are not Vault's, from registration to reload, with real plugins on real engines. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { service } from '../../src/goplugin/index.ts';
import { PluginHost } from '../../src/host/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { testsInTurn } from '../engines/in-turn.ts';
import { addHelper, counter, type CounterClient } from '../goplugin/fixtures/protos.ts';
import { linesOf } from './command-world.ts';
import { openWorld } from './plugin-world.ts';

const engines = loadEngines().filter(({ rootless, suite }) => !rootless && suite === 'host');

if (engines.length === 0) it('runs plugins of kinds of its own', { skip: noEngines }, () => undefined);

for (const [number, testEngine] of engines.entries()) {
  describe(`plugins of further kinds on ${testEngine.name}`, { timeout: 900_000 }, () => {
    const itInTurn = testsInTurn(number, engines.length);
    itInTurn(
      "are registered, run, called, reloaded and logged as Vault's are: go-plugin's example grpc",
      async (t) => {
        await using world = await openWorld(testEngine, t, 'go-example-kv');
        if (world.image === undefined) return;
        const { bulkhead, ok, where, image } = world;
        const kind = ['-cookie=BASIC_PLUGIN=hello', '-protocol=1', '-sharing=always', '-probe=grpc-health'];
        await ok('plugin', 'kind', 'register', 'greeter', ...kind);
        await ok('plugin', 'register', `-oci_image=${image}`, '-runtime=fast', ...where, 'greeter', 'kv');
        await ok('check', 'greeter/kv', ...where);
        await ok('check', image, '-type=greeter', '-runtime=runc', ...where);
        const inUse = await bulkhead('plugin', 'kind', 'deregister', 'greeter');
        assert.deepEqual([inUse.status, inUse.stdout], [1, '']);

        const host = world.start('run', 'greeter/kv', ...where);
        await linesOf(host).until(/^protocol_version +1$/m);
        const [first] = await world.processes();
        assert.deepEqual(
          [first?.type, first?.name, first?.state, first?.mounts, first?.pid],
          ['greeter', 'kv', 'ready', 1, host.pid],
        );
        await ok('call', 'greeter/kv', 'proto.KV/Put', '{"key":"a","value":"aGVsbG8="}');
        const got = await ok('call', 'kv', 'KV/Get', '{"key":"a"}');
        const { value } = JSON.parse(got) as { value: string };
        assert.match(Buffer.from(value, 'base64').toString(), /^hello/);
        const wrong = await bulkhead('call', 'kv', 'KV/Get', '{"kee":"a"}');
        assert.equal(wrong.status, 2);
        assert.match(wrong.stderr, /INVALID_OPTION: .*no field "kee"; did you mean key\?/);
        assert.match(await ok('logs', 'greeter/kv'), /plugin address/);
        assert.equal(
          await ok('plugin', 'reload', '-type=greeter', '-plugin=kv'),
          'Success! Reloaded plugin: kv\n',
        );
        const [second] = await world.processes();
        assert.notEqual(second?.container, first?.container);

        const ended = once(host, 'exit');
        host.kill('SIGINT');
        assert.deepEqual(await ended, [0, null]);
        assert.deepEqual(await world.containers(), []);
        await ok('plugin', 'deregister', 'greeter', 'kv');
        await ok('plugin', 'kind', 'deregister', 'greeter');
      },
    );

    itInTurn(
      "of a well-known kind need no registration of it: go-plugin's example bidirectional",
      async (t) => {
        await using world = await openWorld(testEngine, t, 'go-example-counter');
        if (world.image === undefined) return;
        const { ok, where, image } = world;
        const type = 'example-bidirectional';
        await ok('plugin', 'register', `-oci_image=${image}`, '-runtime=fast', ...where, type, 'counter');
        const host = world.start('run', `${type}/counter`, ...where);
        await linesOf(host).until(/^protocol_version +1$/m);
        const got = await world.bulkhead('call', 'counter', 'Counter/Get', '{"key":"never"}');
        assert.equal(got.status, 1);
        assert.match(got.stderr, /PLUGIN_CALL_FAILED: .*no such file/);
        assert.equal(await ok('plugin', 'reload', '-plugin=counter'), 'Success! Reloaded plugin: counter\n');
        assert.match(await ok('logs', 'counter'), /plugin address/);

        // It calls back what its host serves.
        await using library = await PluginHost.open({
          directory: world.directory,
          socketPath: world.engine.socketPath,
          socketDirectory: world.sockets,
          control: false,
        });
        await using plugin = await library.start(type, 'counter');
        const sum = ({ a, b }: { a: string; b: string }) => ({ r: BigInt(a) + BigInt(b) });
        const helper = service(await addHelper(), { sum });
        const client = plugin.client<CounterClient>(await counter());
        for (const value of [2, 3]) {
          await using offer = await plugin.broker.serve([helper]); // go-plugin dials an id once
          await client.put({ add_server: offer.id, key: 'a', value });
        }
        assert.deepEqual(await client.get({ key: 'a' }), { value: '5' });

        const direct = await world.bulkhead('run', image, '-type=example-basic', '-runtime=runc', ...where);
        assert.deepEqual([direct.status, direct.stdout], [2, '']);
        assert.match(direct.stderr, /net\/rpc/);
        await world.end(host);
      },
    );

    itInTurn(
      "of a program of one's own answer ps, logs, call and reload as those of bulkhead run do",
      async (t) => {
        await using world = await openWorld(testEngine, t, 'go-example-kv');
        if (world.image === undefined) return;
        const { bulkhead, ok, where, image, directory } = world;
        const program = await world.program(`
        import { PluginHost } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
        const handshake = { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' };
        const greeter = { handshake, protocolVersions: [1], sharing: 'always' };
        await using host = await PluginHost.open({
          directory: ${JSON.stringify(directory)},
          socketPath: ${JSON.stringify(world.engine.socketPath)},
          socketDirectory: ${JSON.stringify(world.sockets)},
          kinds: { greeter },
        });
        await host.plugins.register({ type: 'greeter', name: 'kv', ociImage: ${JSON.stringify(image)}, runtime: 'fast' });
        await using mount = await host.mount('greeter', 'kv');
        const launch = { image: ${JSON.stringify(image)}, handshake, protocolVersions: [1], runtime: 'runc', tmpfs: [{ path: '/tmp' }] };
        await using other = await host.mount({ type: 'mine', name: 'loose', launch });
        console.log('mounted');
        await new Promise((resolve) => process.stdin.once('data', resolve));
      `);
        await linesOf(program).until(/^mounted$/m);
        const sockets = await readdir(join(directory, 'hosts'));
        assert.equal(sockets.length, 1);
        assert.equal((await stat(join(directory, 'hosts'))).mode & 0o777, 0o700);
        assert.equal((await stat(join(directory, 'hosts', sockets[0] ?? ''))).mode & 0o777, 0o600);

        const rows = await world.processes();
        assert.deepEqual(
          rows.map(({ type, name, state, mounts, pid }) => [type, name, state, mounts, pid]),
          [
            ['greeter', 'kv', 'ready', 1, program.pid],
            ['mine', 'loose', 'ready', 1, program.pid],
          ],
        );
        await ok('call', 'greeter/kv', 'KV/Put', '{"key":"a","value":""}');
        await ok('call', 'mine/loose', 'KV/Put', '{"key":"a","value":""}');
        assert.match(await ok('logs', 'greeter/kv'), /plugin address/);
        assert.equal(
          await ok('plugin', 'reload', '-type=greeter', '-plugin=kv'),
          'Success! Reloaded plugin: kv\n',
        );
        assert.equal(
          await ok('plugin', 'reload', '-type=mine', '-plugin=loose'),
          'Success! Reloaded plugin: loose\n',
        );

        const ended = once(program, 'exit');
        program.stdin?.end('end\n');
        assert.deepEqual(await ended, [0, null]);
        assert.deepEqual(await readdir(join(directory, 'hosts')), []);
        assert.deepEqual(await world.containers(), []);
        // Without the program, nobody here knows the kind.
        const alone = await bulkhead('call', 'greeter/kv', 'KV/Get', '{}', ...where);
        assert.equal(alone.status, 2);
        assert.match(alone.stderr, /knows no plugins of type "greeter"[\s\S]*bulkhead plugin kind register/);
      },
    );
  });
}

/** A cell of each sort that the tests above leave out: a rootless engine, and gVisor. */
const furtherCells = [
  { rootless: true, ociRuntime: 'runc' },
  { rootless: false, ociRuntime: 'runsc' },
] as const;

for (const { rootless, ociRuntime } of furtherCells) {
  const testEngine = loadEngines().find(
    (each) =>
      each.suite === 'host' &&
      each.rootless === rootless &&
      each.services.some(({ runtime }) => runtime === ociRuntime),
  );
  const title = `plugins of kinds of one's own, ${rootless ? 'rootless' : 'rootful'} with ${ociRuntime}`;
  describe(title, { timeout: 300_000, skip: testEngine === undefined && noEngines }, () => {
    it('are registered, run, called and reloaded', async (t) => {
      assert.ok(testEngine);
      await using world = await openWorld(testEngine, t, 'go-example-kv', { ociRuntime });
      if (world.image === undefined) return;
      const { ok, where, image } = world;
      const kind = ['-cookie=BASIC_PLUGIN=hello', '-protocol=1', '-sharing=always', '-probe=grpc-health'];
      await ok('plugin', 'kind', 'register', 'greeter', ...kind);
      await ok('plugin', 'register', `-oci_image=${image}`, '-runtime=fast', ...where, 'greeter', 'kv');
      const host = world.start('run', 'greeter/kv', ...where);
      await linesOf(host).until(/^protocol_version +1$/m);
      await ok('call', 'greeter/kv', 'KV/Put', '{"key":"a","value":"aGVsbG8="}');
      assert.equal(await ok('plugin', 'reload', '-plugin=kv'), 'Success! Reloaded plugin: kv\n');
      await ok('call', 'kv', 'KV/Put', '{"key":"a","value":"aGVsbG8="}');
      await world.end(host);
      assert.deepEqual(await world.containers(), []);
    });
  });
}
