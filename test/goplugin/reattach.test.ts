/** Plugins that run already: handed from one host to another, and served within a test. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import {
  formatReattachConfig,
  parseReattachConfig,
  PluginError,
  reattachPlugin,
  serve,
  service,
  type ReattachConfig,
} from '../../src/goplugin/index.ts';
import { goPluginVersions, needsGo } from '../plugins/go-programs.ts';
import { goProgram, runGoHost } from './fixtures/go-host.ts';
import { probeClient } from './fixtures/probe-client.ts';
import { kv, probe, type KvClient } from './fixtures/protos.ts';
import { handshake, leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 120_000 };

test('takes over a plugin that another host started, and ends it', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using first = await startFixture({ autoMtls: false });
    await (await kvOf(first)).put({ key: 'a', value: Buffer.from('kept') });
    const config = parseReattachConfig(formatReattachConfig(first.reattachConfig()));
    assert.deepEqual(config, first.reattachConfig());

    await using second = await reattachPlugin({ reattach: config });
    assert.equal(second.id, first.id);
    assert.equal((await (await kvOf(second)).get({ key: 'a' })).value.toString(), 'kept');
    await second.health();
    const exit = await second.stop();
    assert.deepEqual([exit.code, typeof exit.error], [undefined, 'string'], 'only a parent learns the code');
    assert.deepEqual(await first.exited, { code: 0 });
  });
});

test('sees the end of a plugin that it reattached to', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using first = await startFixture({ autoMtls: false });
    await using second = await reattachPlugin({ reattach: first.reattachConfig() });
    process.kill(Number(first.id), 'SIGKILL');
    assert.equal((await second.exited).code, undefined);
    await assert.rejects((await kvOf(second)).get({ key: 'a' }), { code: 'PLUGIN_EXITED' });
  });
});

test('kills a reattached plugin that ignores the request to end', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using first = await startFixture({ autoMtls: false });
    await using second = await reattachPlugin({ reattach: first.reattachConfig() });
    process.kill(Number(first.id), 'SIGSTOP');
    await second.stop({ graceMs: 100 });
    assert.deepEqual(await first.exited, { code: 137, signal: 'SIGKILL' });
  });
});

test('says why a plugin under AutoMTLS or multiplexing can not be handed on', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using secure = await startFixture();
    assert.throws(() => secure.reattachConfig(), { code: 'PLUGIN_NOT_REATTACHABLE', hint: /autoMtls/ });
    await using multiplexing = await startFixture({ autoMtls: false, brokerMultiplex: true });
    assert.throws(() => multiplexing.reattachConfig(), {
      code: 'PLUGIN_NOT_REATTACHABLE',
      hint: /brokerMultiplex/,
    });
  });
});

test('leaves a plugin alone that it can not reach, and leaves nothing of the attempt', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture, directory }) => {
    await using plugin = await startFixture({ autoMtls: false });
    const config = plugin.reattachConfig();
    const elsewhere = { network: 'unix', address: `${directory}/nothing` } as const;
    await assert.rejects(reattachPlugin({ reattach: { ...config, address: elsewhere } }), {
      code: 'PLUGIN_CONNECT_FAILED',
      message: /ENOENT/,
    });
    await assert.rejects(
      reattachPlugin({ reattach: config, signal: AbortSignal.abort('never mind') }),
      (error) => error === 'never mind',
    );
    await plugin.health();
  });
});

test('tells a process that has ended from one that can not be reached', limits, async () => {
  const child = spawn('/bin/true');
  await once(child, 'exit');
  const reattach: ReattachConfig = {
    protocol: 'grpc',
    protocolVersion: 1,
    address: { network: 'unix', address: '/nowhere' },
    pid: child.pid,
    test: false,
  };
  await assert.rejects(reattachPlugin({ reattach }), (error) => {
    assert.ok(error instanceof PluginError);
    assert.equal(error.code, 'PLUGIN_NOT_RUNNING');
    return true;
  });
  await assert.rejects(reattachPlugin({ reattach: { ...reattach, pid: undefined } }), {
    code: 'INVALID_OPTION',
    option: 'reattach.pid',
  });
});

test('serves within a test: hosts come and go, prints stay, the end is the test’s', limits, async (t) => {
  await leavingNothing(t, async () => {
    await using served = await serveHere();
    assert.equal(served.config.test, true);
    for (let round = 0; round < 3; round += 1) {
      await using plugin = await reattachPlugin({ reattach: served.config });
      const client = await probeClient(plugin);
      assert.equal((await client.echo({ text: `round ${round}` })).text, `round ${round}`);
      assert.match((await plugin.stop()).error ?? '', /left running/);
      await assert.rejects(client.echo({}), { code: 'PLUGIN_CALL_FAILED', status: 'UNAVAILABLE' });
    }
    await using plugin = await reattachPlugin({ reattach: served.config });
    await plugin.health();
  });
});

test(
  'opens brokered services to a plugin in test mode, which has only now met its first host',
  limits,
  async (t) => {
    await leavingNothing(t, async () => {
      await using served = await serveHere();
      await using plugin = await reattachPlugin({ reattach: served.config });
      const ours = service(await kv(), {
        get: ({ key }: { key: string }) => ({ value: Buffer.from(`${key} here`) }),
      });
      await using offer = await plugin.broker.serve([ours]);
      const client = plugin.client<{ visit(request: object): Promise<{ text: string }> }>(await probe());
      assert.equal((await client.visit({ value: offer.id })).text, 'visit here');
    });
  },
);

test(
  'a Go host works with a plugin that is served within a test, and leaves it running',
  limits,
  async (t) => {
    if (!needsGo(t)) return;
    for (const goPlugin of goPluginVersions) {
      await using served = await serveHere();
      const reattach = formatReattachConfig(served.config);
      const seen = await runGoHost(['-reattach', reattach, '-steps', 'ping,echo'], [], {
        env: {},
        signal: t.signal,
        goPlugin,
      });
      assert.deepEqual([seen.startError, seen.results], ['', { ping: 'ok', echo: 'echoed' }], goPlugin);
      await using plugin = await reattachPlugin({ reattach: served.config });
      await plugin.health();
    }
  },
);

for (const version of goPluginVersions) {
  test(`reattaches to a plugin in Go in test mode: go-plugin ${version}`, limits, async (t) => {
    if (!needsGo(t)) return;
    const command = await goProgram('probe', new URL('go/probe', import.meta.url), version);
    await leavingNothing(t, async ({ directory }) => {
      const program = spawn(command, {
        env: { PROBE_TEST: '1', TMPDIR: directory },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const [line] = (await once(createInterface(program.stdout), 'line')) as [string];
      const reattach = parseReattachConfig(line);
      assert.deepEqual([reattach.test, reattach.pid], [true, program.pid]);
      {
        await using plugin = await reattachPlugin({ reattach });
        const client = await probeClient(plugin);
        assert.equal((await client.echo({ text: 'attached' })).text, 'attached');
        assert.ok((await plugin.reflection.services()).includes('probe.Probe'));
      }
      assert.equal(program.exitCode, null, 'it was left running');
      program.stdin.end();
      assert.deepEqual(await once(program, 'exit'), [0, null]);
      assert.deepEqual(await readdir(directory), []);
    });
  });
}

test('reads what Go programs hand each other, and names what is wrong with anything else', () => {
  const text =
    '{"Protocol":"grpc","ProtocolVersion":5,"Pid":3382870,"Test":true,"Addr":{"Network":"unix","String":"/tmp/plugin713096927"}}';
  const config = parseReattachConfig(text);
  assert.deepEqual(config, {
    protocol: 'grpc',
    protocolVersion: 5,
    pid: 3382870,
    test: true,
    address: { network: 'unix', address: '/tmp/plugin713096927' },
  });
  assert.equal(formatReattachConfig(config), text);
  const entry = JSON.parse(text) as object;
  const wrong: readonly (readonly [option: string, entry: unknown])[] = [
    ['reattach', 'not JSON'],
    ['reattach', null],
    ['reattach.Protocol', { ...entry, Protocol: 'netrpc' }],
    ['reattach.Protocol', { ...entry, Protocol: undefined }],
    ['reattach.Addr', { ...entry, Addr: undefined }],
    ['reattach.Addr', { ...entry, Addr: { Network: 'udp', String: 'x' } }],
    ['reattach.Pid', { ...entry, Pid: -1 }],
    ['reattach.ProtocolVersion', { ...entry, ProtocolVersion: 'five' }],
  ];
  for (const [option, value] of wrong) {
    assert.throws(
      () => parseReattachConfig(value),
      (error: { option?: string; code?: string }) => {
        assert.deepEqual([error.code, error.option], ['INVALID_OPTION', error.option]);
        assert.ok(error.option?.startsWith(option));
        return true;
      },
    );
  }
});

async function kvOf(plugin: Parameters<typeof probeClient>[0]): Promise<KvClient> {
  return plugin.client<KvClient>(await kv());
}

/** The probe, served by this very process. */
async function serveHere(): Promise<{ config: ReattachConfig; [Symbol.asyncDispose](): Promise<void> }> {
  const end = new AbortController();
  const [definition, kvDefinition] = [await probe(), await kv()];
  let served: Promise<void> | undefined;
  const config = await new Promise<ReattachConfig>((onReady) => {
    served = serve({
      handshake,
      test: { onReady },
      signal: end.signal,
      services: ({ broker }) => [
        service(definition, {
          echo: ({ text }: { text: string }) => ({ text: text === '' ? 'echoed' : text }),
          visit: async ({ value }: { value: string }) => {
            await using host = await broker.dial(Number(value));
            const { value: seen } = await host.client<KvClient>(kvDefinition).get({ key: 'visit' });
            return { text: seen.toString() };
          },
        }),
      ],
    });
  });
  return {
    config,
    async [Symbol.asyncDispose]() {
      end.abort();
      await served;
    },
  };
}
