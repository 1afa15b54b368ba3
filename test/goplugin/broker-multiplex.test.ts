/** The broker inside one connection: this host with plugins in Go and TypeScript. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import {
  parseHandshakeLine,
  service,
  type HandshakeError,
  type Plugin,
  type PluginExitedError,
  type UnaryCall,
} from '../../src/goplugin/index.ts';
import { YamuxSession } from '../../src/goplugin/yamux/session.ts';
import { goExample, needsGo, type GoPluginVersion } from '../plugins/go-programs.ts';
import { everything } from '../everything.ts';
import { goProgram } from './fixtures/go-host.ts';
import { addHelper, counter, kv, probe, type CounterClient } from './fixtures/protos.ts';
import { fixtureCommand, leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 120_000 };
/** How many streams are opened in a row. */
const many = everything ? 500 : 150;
const pluginFolder = new URL('go/plugin', import.meta.url);

interface ProbeClient {
  echo: UnaryCall<{ text?: string }, { text: string }>;
  misbehave: UnaryCall<{ text: string }, { text: string }>;
  offer: UnaryCall<object, { value: string }>;
  visit: UnaryCall<{ value: number }, { text: string }>;
}

async function probeOf(plugin: Pick<Plugin, 'client'>): Promise<ProbeClient> {
  return plugin.client<ProbeClient>(await probe());
}

for (const autoMtls of [true, false]) {
  const mode = autoMtls ? 'with AutoMTLS' : 'in plaintext';

  test(`carries calls and brokered connections both ways in one connection ${mode}`, limits, async (t) => {
    await leavingNothing(t, async ({ startFixture }) => {
      await using plugin = await startFixture({ autoMtls, brokerMultiplex: true });
      assert.equal(plugin.handshake.multiplexing, true);
      assert.equal(plugin.handshake.tls, autoMtls);
      const client = await probeOf(plugin);

      const { value: id } = await client.offer({});
      await using theirs = await plugin.broker.dial(Number(id));
      assert.equal((await (await probeOf(theirs)).echo({ text: 'inside' })).text, 'inside');

      const ours = service(await kv(), {
        get: ({ key }: { key: string }) => ({ value: Buffer.from(`${key} at the host`) }),
      });
      await using offer = await plugin.broker.serve([ours]);
      assert.equal((await client.visit({ value: offer.id })).text, 'visit at the host');
      await plugin.health();
      assert.deepEqual(await plugin.stop(), { code: 0 });
    });
  });

  for (const version of ['v1.6.3', 'v1.7.0', 'v1.8.0'] satisfies GoPluginVersion[]) {
    test(
      `lets a plugin built with go-plugin ${version} call back in one connection ${mode}`,
      limits,
      async (t) => {
        if (!needsGo(t)) return;
        const command = await goExample('counter', version);
        await leavingNothing(t, async ({ start }) => {
          await using plugin = await start(command, [], { autoMtls, brokerMultiplex: true });
          assert.equal(plugin.handshake.multiplexing, true);
          const client = plugin.client<CounterClient>(await counter());
          for (const value of [20, 22]) {
            await using offer = await plugin.broker.serve([await adder()]);
            await client.put({ add_server: offer.id, key: 'total', value });
          }
          assert.equal((await client.get({ key: 'total' })).value, '42');
          assert.deepEqual(await plugin.stop(), { code: 0 });
        });
      },
    );
  }
}

for (const [version, says] of [
  ['v1.5.2', 'does not know it'],
  ['v1.4.10', 'does not know it'],
] as const) {
  test(
    `refuses a plugin built with go-plugin ${version}, which cannot multiplex, and says what to do`,
    limits,
    async (t) => {
      if (!needsGo(t)) return;
      const command = await goExample('counter', version);
      await leavingNothing(t, async ({ start }) => {
        await assert.rejects(start(command, [], { brokerMultiplex: true }), (error: HandshakeError) => {
          assert.equal(error.code, 'HANDSHAKE_MULTIPLEXING_UNSUPPORTED');
          assert.ok(error.message.includes(says), error.message);
          assert.match(String(error.hint), /go-plugin 1\.6 or later/);
          return true;
        });
        await using plugin = await start(command, [], { brokerMultiplex: false });
        assert.equal(plugin.handshake.multiplexing, false);
      });
    },
  );
}

for (const brokerMultiplex of [true, false]) {
  const inWhat = brokerMultiplex ? 'in one connection' : 'over sockets';

  for (const autoMtls of [true, false]) {
    const mode = autoMtls ? 'with AutoMTLS' : 'in plaintext';

    test(
      `opens many broker streams in a row and 50 at once, both ways, ${inWhat} ${mode}`,
      limits,
      async (t) => {
        if (!needsGo(t)) return;
        const command = await goProgram('plugin', pluginFolder);
        await leavingNothing(t, async ({ start }) => {
          await using plugin = await start(command, [], { autoMtls, brokerMultiplex });
          const client = await probeOf(plugin);
          let visits = 0;
          const ours = service(await kv(), { get: () => ({ value: Buffer.from(`visit ${(visits += 1)}`) }) });
          const serveOne = async (): Promise<string> => {
            await using offer = await plugin.broker.serve([ours]);
            return (await client.visit({ value: offer.id })).text;
          };
          const dialOne = async (text: string): Promise<string> => {
            await using theirs = await plugin.broker.dial(Number((await client.offer({})).value));
            return (await (await probeOf(theirs)).echo({ text })).text;
          };
          for (let n = 1; n <= many; n += 1) {
            assert.equal(await serveOne(), `visit ${n}`);
            assert.equal(await dialOne(`dial ${n}`), `dial ${n}`);
          }
          const fifty = Array.from({ length: 50 }, (_, n) => String(n));
          assert.deepEqual(await Promise.all(fifty.map(dialOne)), fifty);
          const seen = await Promise.all(fifty.map(serveOne));
          assert.equal(new Set(seen).size, 50, 'every visit reached the service that it was meant for');
          assert.deepEqual(await plugin.stop(), { code: 0 });
        });
      },
    );
  }

  test(`tells of an id that a Go plugin never served, ${inWhat}`, limits, async (t) => {
    if (!needsGo(t)) return;
    const command = await goProgram('plugin', pluginFolder);
    await leavingNothing(t, async ({ start }) => {
      await using plugin = await start(command, [], { brokerMultiplex });
      await assert.rejects(plugin.broker.dial(4711, { timeoutMs: 200 }), {
        code: 'BROKER_NOT_ANNOUNCED',
        id: 4711,
        message: /Nothing was offered under id 4711 within 200 ms/,
      });
      const stopped = new Error('enough');
      const controller = new AbortController();
      const dialling = plugin.broker.dial(4712, { signal: controller.signal });
      setImmediate(() => {
        controller.abort(stopped);
      });
      await assert.rejects(dialling, (error) => error === stopped);
      // Whoever dials next is not held up, and reaches what it dials.
      const { value } = await (await probeOf(plugin)).offer({});
      await using theirs = await plugin.broker.dial(Number(value));
      assert.equal((await (await probeOf(theirs)).echo({ text: 'here' })).text, 'here');
    });
  });
}

test('tells a Go plugin at once of an id that this host has served and no longer does', limits, async (t) => {
  if (!needsGo(t)) return;
  const command = await goProgram('plugin', pluginFolder);
  await leavingNothing(t, async ({ start }) => {
    await using plugin = await start(command, [], { brokerMultiplex: true });
    const client = await probeOf(plugin);
    await assert.rejects(client.visit({ value: 4711 }, { timeoutMs: 20_000 }), {
      details: /nothing is served under id 4711/,
    });
  });
});

test('ends the calls of every brokered connection when the plugin dies', limits, async (t) => {
  if (!needsGo(t)) return;
  const command = await goProgram('plugin', pluginFolder);
  await leavingNothing(t, async ({ start }) => {
    await using plugin = await start(command, [], { brokerMultiplex: true });
    const { value } = await (await probeOf(plugin)).offer({});
    await using theirs = await plugin.broker.dial(Number(value));
    const over = await probeOf(theirs);
    assert.equal((await over.echo({ text: 'here' })).text, 'here');
    await assert.rejects(over.misbehave({ text: '9' }), (error: PluginExitedError) => {
      assert.equal(error.code, 'PLUGIN_EXITED');
      assert.equal(error.exit?.code, 9);
      return true;
    });
    await assert.rejects(plugin.broker.dial(1), { code: 'BROKER_CLOSED' });
    await assert.rejects(plugin.broker.serve([]), { code: 'BROKER_CLOSED' });
  });
});

test('says of a plugin that breaks the rules of multiplexing which one it broke', limits, async (t) => {
  await leavingNothing(t, async ({ start }) => {
    const script = `
      const path = process.env.PLUGIN_UNIX_SOCKET_DIR + '/p';
      require('node:net').createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.write(Buffer.from('00ff00000000000100000000', 'hex')));
      }).listen(path, () => console.log('1|1|unix|' + path + '|grpc||true'));`;
    await assert.rejects(
      start(process.execPath, ['-e', script], { autoMtls: false, brokerMultiplex: true }),
      { code: 'PLUGIN_CONNECT_FAILED', message: /a frame of the unknown type 255/ },
    );
  });
});

test('a plugin says that it could multiplex, and does not when it is told not to', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture({ env: { PLUGIN_MULTIPLEX_GRPC: 'false' } });
    assert.equal(plugin.handshake.multiplexing, false);
    assert.equal((await (await probeOf(plugin)).echo({ text: 'over its socket' })).text, 'over its socket');
  });
});

test('a plugin that multiplexes ends at once when its host is gone', limits, async (t) => {
  await leavingNothing(t, async ({ directory }) => {
    const { PATH } = process.env;
    const env = {
      PATH,
      PLUGIN_UNIX_SOCKET_DIR: directory,
      BASIC_PLUGIN: 'hello',
      PLUGIN_MULTIPLEX_GRPC: 'true',
    };
    const plugin = spawn(process.execPath, fixtureCommand.slice(1), {
      env: { ...env, FIXTURE_HOST_GONE_MS: 'Infinity' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(plugin, 'exit');
    const [line] = (await once(createInterface(plugin.stdout), 'line')) as [string];
    const { address, multiplexing } = parseHandshakeLine(line, { protocolVersions: [1], autoMtls: false });
    assert.equal(multiplexing, true);
    const first = connect(address);
    await once(first, 'connect');
    // One connection is taken, and no other.
    const session = new YamuxSession(first, { role: 'client', onStream: (stream) => stream.destroy() });
    await session.open().accepted;
    assert.deepEqual(await readdir(directory), [], 'nobody else can connect');
    first.destroy(); // as when the host is killed
    assert.deepEqual(await exited, [0, null]);
  });
});

async function adder() {
  return service(await addHelper(), {
    sum: ({ a, b }: { a: string; b: string }) => ({ r: Number(a) + Number(b) }),
  });
}
