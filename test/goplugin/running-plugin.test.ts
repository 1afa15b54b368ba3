/** A plugin in TypeScript under this host: calls of every kind, prints, and every way in which it can end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { BrokerSide } from '../../src/goplugin/broker/socket-broker.ts';
import { Connection } from '../../src/goplugin/connection.ts';
import { callUnary, type CallTarget } from '../../src/goplugin/grpc/client/calls.ts';
import {
  parseHandshakeLine,
  PluginCallError,
  PluginExitedError,
  service,
  type BidiStreamCall,
  type ClientStreamCall,
  type LogEntry,
  type Plugin,
  type ServerStreamCall,
  type UnaryCall,
} from '../../src/goplugin/index.ts';
import { PluginOutput } from '../../src/goplugin/output/plugin-output.ts';
import { socketTransport } from '../../src/goplugin/transport.ts';
import { healthService } from '../../src/goplugin/wire/services.ts';
import { addHelper, counter, kv, probe, type CounterClient, type KvClient } from './fixtures/protos.ts';
import { fixtureCommand, leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 60_000 };

interface Text {
  text?: string;
  data?: Buffer;
}

interface Numeral {
  value: number | string;
}

interface ProbeClient {
  echo: UnaryCall<Text, { text: string; data: Buffer }>;
  misbehave: UnaryCall<Text, { text: string }>;
  count: ServerStreamCall<Numeral, { value: string }>;
  sum: ClientStreamCall<Numeral, { value: string }>;
  double: BidiStreamCall<Numeral, { value: string }>;
  offer: UnaryCall<Text, { value: string }>;
  visit: UnaryCall<Numeral, { text: string }>;
}

async function probeOf(plugin: Plugin): Promise<ProbeClient> {
  return plugin.client<ProbeClient>(await probe());
}

test('takes one signal for many calls, and nothing is said of a leak', limits, async (t) => {
  const warnings: Error[] = [];
  const keep = (warning: Error): void => void warnings.push(warning);
  process.on('warning', keep);
  t.after(() => process.off('warning', keep));
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture({});
    const client = await probeOf(plugin);
    const { signal } = new AbortController();
    const call = () => client.echo({ text: 'x' }, { signal });
    await Promise.all(Array.from({ length: 40 }, call));
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
  assert.deepEqual(warnings, []);
});

for (const autoMtls of [true, false]) {
  const mode = autoMtls ? 'with AutoMTLS' : 'in plaintext';

  test(`serves a plugin in TypeScript ${mode}`, limits, async (t) => {
    await leavingNothing(t, async ({ startFixture }) => {
      await using plugin = await startFixture({ autoMtls });
      assert.equal(plugin.handshake.tls, autoMtls);
      const client = plugin.client<KvClient>(await kv());
      await client.put({ key: 'a', value: Buffer.from([0, 255]) });
      assert.deepEqual((await client.get({ key: 'a' })).value, Buffer.from([0, 255]));
      await plugin.health();
      assert.deepEqual(await plugin.stop(), { code: 0 });
    });
  });

  test(`opens brokered connections in both directions ${mode}`, limits, async (t) => {
    await leavingNothing(t, async ({ startFixture }) => {
      await using plugin = await startFixture({ autoMtls });
      const client = await probeOf(plugin);

      const { value: id } = await client.offer({});
      await using theirs = await plugin.broker.dial(Number(id));
      assert.equal(
        (await (await probeOver(theirs)).echo({ text: 'through the broker' })).text,
        'through the broker',
      );

      const ours = service(await kv(), {
        get: ({ key }: { key: string }) => ({ value: Buffer.from(`${key} at the host`) }),
      });
      await using offer = await plugin.broker.serve([ours]);
      assert.equal((await client.visit({ value: offer.id })).text, 'visit at the host');

      const helper = service(await addHelper(), {
        sum: ({ a, b }: { a: string; b: string }) => ({ r: Number(a) + Number(b) }),
      });
      await using adding = await plugin.broker.serve([helper]);
      const counting = plugin.client<CounterClient>(await counter());
      await counting.put({ add_server: adding.id, key: 'n', value: 7 });
      assert.equal((await counting.get({ key: 'n' })).value, '7');
    });
  });
}

async function probeOver(connection: Pick<Plugin, 'client'>): Promise<ProbeClient> {
  return connection.client<ProbeClient>(await probe());
}

test('agrees on the highest common version', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture({ protocolVersions: [1, 2, 3] });
    assert.equal(plugin.handshake.protocolVersion, 3);
    assert.equal((await (await probeOf(plugin)).echo({ text: 'version' })).text, '3');
  });
});

test('names both sides when there is no common version', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await assert.rejects(startFixture({ protocolVersions: [2, 4] }), {
      code: 'HANDSHAKE_PLUGIN_VERSION',
      message: /version 1; this host speaks 2, 4/,
    });
  });
});

test('streams in every direction', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    const client = await probeOf(plugin);
    const counted: number[] = [];
    for await (const { value } of client.count({ value: 5 })) counted.push(Number(value));
    assert.deepEqual(counted, [1, 2, 3, 4, 5]);

    assert.equal((await client.sum([{ value: 1 }, { value: 2 }, { value: 39 }])).value, '42');

    const doubled: number[] = [];
    const numbers = async function* () {
      for (const value of [1, 2, 3]) yield await Promise.resolve({ value });
    };
    for await (const { value } of client.double(numbers())) doubled.push(Number(value));
    assert.deepEqual(doubled, [2, 4, 6]);
  });
});

test('cancels a stream whose loop is left, and stops drawing requests', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    const client = await probeOf(plugin);
    let drawn = 0;
    let cleaned = false;
    const endless = function* () {
      try {
        for (;;) yield { value: (drawn += 1) };
      } finally {
        cleaned = true;
      }
    };
    for await (const { value } of client.double(endless())) {
      if (Number(value) >= 20) break;
    }
    await new Promise(setImmediate);
    const soFar = drawn;
    await client.echo({ text: 'still there' });
    assert.equal(drawn, soFar);
    assert.ok(cleaned, 'the source of requests was told');
  });
});

test('passes on what goes wrong while requests are drawn', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    const client = await probeOf(plugin);
    const broken = function* () {
      yield { value: 1 };
      throw new RangeError('no more numbers');
    };
    await assert.rejects(client.sum(broken()), new RangeError('no more numbers'));
    await assert.rejects(drain(client.double(broken())), new RangeError('no more numbers'));
  });
});

async function drain(messages: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _message of messages) count += 1;
  return count;
}

test('carries metadata there, and status, details and metadata back', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    const client = await probeOf(plugin);
    const { text } = await client.echo({ text: 'metadata' }, { metadata: { 'x-test': ['one', 'two'] } });
    // HTTP/2 in Node.js joins values of one name, as gRPC allows.
    assert.equal(text, '["one, two"]');
    await assert.rejects(client.misbehave({ text: 'elephant' }), (error) => {
      assert.ok(error instanceof PluginCallError);
      assert.equal(error.status, 'INVALID_ARGUMENT');
      assert.equal(error.details, 'what is elephant?');
      assert.equal(error.method, '/probe.Probe/Misbehave');
      assert.deepEqual(error.metadata['reason-bin'], [Buffer.from([1, 2, 3])]);
      return true;
    });
    await assert.rejects(client.misbehave({ text: 'throw' }), {
      status: 'UNKNOWN',
      details: 'something broke',
    });
    await assert.rejects(client.echo({}, { metadata: { 'Not A Name': 'secret-value' } }), (error: Error) => {
      assert.ok(!error.message.includes('secret-value'));
      return error.name === 'InvalidOptionError';
    });
  });
});

test('refuses what is no message of the method, without asking the plugin', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    const client = await probeOf(plugin);
    await assert.rejects(client.echo(null as never), { code: 'INVALID_OPTION', option: 'request' });
    const numbers = [{ value: 1 }, null as never];
    await assert.rejects(client.sum(numbers), { code: 'INVALID_OPTION', option: 'request' });
    assert.equal((await client.echo({ text: 'still here' })).text, 'still here');
  });
});

test('sends and receives messages far above the usual 4 MiB', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    const data = Buffer.alloc(20 * 1024 * 1024, 'x');
    const reply = await (await probeOf(plugin)).echo({ data });
    assert.ok(reply.data.equals(data));
  });
});

test('ends a call at its deadline, and another at its abort, and goes on', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    const client = await probeOf(plugin);
    await assert.rejects(client.misbehave({ text: 'hang' }, { timeoutMs: 50 }), {
      code: 'PLUGIN_CALL_TIMEOUT',
      status: 'DEADLINE_EXCEEDED',
    });
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const hanging = client.misbehave({ text: 'hang' }, { signal: controller.signal });
    setImmediate(() => {
      controller.abort(reason);
    });
    await assert.rejects(hanging, (error) => error === reason);
    assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
    await assert.rejects(
      drain(client.count({ value: 3 }, { signal: controller.signal })),
      (error) => error === reason,
    );
    assert.equal((await client.echo({ text: 'well' })).text, 'well');
  });
});

test('an abort reaches the implementation', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    const left = withResolvers();
    await using plugin = await startFixture({
      onLog: ({ message }) => {
        if (message === 'the caller has left') left.resolve();
      },
    });
    await assert.rejects((await probeOf(plugin)).misbehave({ text: 'hang' }, { timeoutMs: 100 }));
    await left.promise;
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test('hears what the plugin prints and logs', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    const printed = { stdout: '', stderr: '' };
    const logged: LogEntry[] = [];
    await using plugin = await startFixture({
      onLog: (entry) => void logged.push(entry),
      onOutput: ({ stream, data }) => {
        printed[stream] += Buffer.from(data).toString();
      },
    });
    const client = plugin.client<KvClient>(await kv());
    await client.put({ key: 'k', value: Buffer.from('v') });
    await client.get({ key: 'k' });
    await plugin.stop();
    assert.equal(printed.stdout, 'got k\nlast words\n', 'to the last print while it shuts down');
    assert.equal(printed.stderr, 'put k\n');
    const put = logged.find(({ message }) => message === 'put');
    assert.deepEqual(put?.fields, { '@module': 'fixture', key: 'k', bytes: 1 });
    assert.ok(logged.some(({ message }) => message === 'shutting down'));
  });
});

test('is told once of a listener that throws, and is not held up by it', limits, async (t) => {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error): void => {
    warnings.push(message);
  };
  process.on('warning', onWarning);
  await leavingNothing(t, async ({ startFixture }) => {
    let bytes = 0;
    await using plugin = await startFixture({
      onOutput: ({ data }) => {
        bytes += data.length;
        throw new Error('a listener with a fault');
      },
    });
    await (await probeOf(plugin)).misbehave({ text: 'burst' });
    await plugin.stop();
    assert.ok(bytes > 200_000, `${bytes} bytes`);
  });
  process.off('warning', onWarning);
  assert.equal(warnings.filter((message) => message.includes('a listener with a fault')).length, 1);
});

test('tells exit code and last output of a plugin that dies during a call', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    const client = await probeOf(plugin);
    const hanging = client.misbehave({ text: 'hang' });
    const [crashed, other] = await Promise.allSettled([client.misbehave({ text: 'crash' }), hanging]);
    for (const outcome of [crashed, other]) {
      assert.equal(outcome.status, 'rejected');
      const error: unknown = outcome.reason;
      assert.ok(error instanceof PluginExitedError, String(error));
      assert.deepEqual(error.exit, { code: 7 });
      assert.equal(error.phase, 'call');
    }
    assert.deepEqual(await plugin.exited, { code: 7 });
    await assert.rejects(client.echo({ text: 'anyone?' }), { code: 'PLUGIN_EXITED', exit: { code: 7 } });
    await assert.rejects(plugin.health(), { code: 'PLUGIN_EXITED' });
    await assert.rejects(plugin.broker.serve([]), { code: 'BROKER_CLOSED' });
    await assert.rejects(plugin.broker.dial(1), { code: 'BROKER_CLOSED' });
    assert.deepEqual(await plugin.stop(), { code: 7 });
  });
});

test('tells the signal when the plugin is killed from outside', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    for (let round = 0; round < 3; round += 1) {
      await using plugin = await startFixture();
      const client = await probeOf(plugin);
      const calls = [client.misbehave({ text: 'hang' }), drain(client.count({ value: 1_000_000 }))];
      await client.echo({ text: 'under way' });
      process.kill(Number(plugin.id), 'SIGKILL');
      for (const { status, ...rest } of await Promise.allSettled(calls)) {
        assert.equal(status, 'rejected');
        const { reason } = rest as { reason: unknown };
        assert.ok(reason instanceof PluginExitedError, String(reason));
        assert.deepEqual(reason.exit, { code: 137, signal: 'SIGKILL' });
      }
    }
  });
});

test('takes SIGTERM for a polite request to end, as an engine sends it', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    let printed = '';
    await using plugin = await startFixture({
      onOutput: ({ data }) => {
        printed += Buffer.from(data).toString();
      },
    });
    await plugin.health(); // so that it has our streams
    process.kill(Number(plugin.id), 'SIGTERM');
    assert.deepEqual(await plugin.exited, { code: 0 });
    assert.equal(printed, 'last words\n');
  });
});

test('kills a plugin that ignores the request to end, when its grace is over', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    process.kill(Number(plugin.id), 'SIGSTOP');
    assert.deepEqual(await plugin.stop({ graceMs: 100 }), { code: 137, signal: 'SIGKILL' });
  });
});

test(
  'an abort of stop kills at once, and every caller of stop gets the exit or its own reason',
  limits,
  async (t) => {
    await leavingNothing(t, async ({ startFixture }) => {
      await using plugin = await startFixture();
      process.kill(Number(plugin.id), 'SIGSTOP');
      const patient = plugin.stop({ graceMs: 3_600_000 });
      const reason = new Error('now');
      await assert.rejects(plugin.stop({ signal: AbortSignal.abort(reason) }), (error) => error === reason);
      assert.deepEqual(await patient, { code: 137, signal: 'SIGKILL' });
    });
  },
);

test('a call in flight learns of the stop', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    const hanging = (await probeOf(plugin)).misbehave({ text: 'hang' });
    const [outcome] = await Promise.allSettled([hanging, plugin.stop()]);
    assert.equal(outcome.status, 'rejected');
    assert.ok(outcome.reason instanceof PluginExitedError, String(outcome.reason));
  });
});

test('a dial of what was never offered ends in time, and so does an aborted one', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    await assert.rejects(plugin.broker.dial(99, { timeoutMs: 50 }), { code: 'BROKER_NOT_ANNOUNCED', id: 99 });
    const controller = new AbortController();
    const dialling = plugin.broker.dial(99, { signal: controller.signal });
    controller.abort('no longer');
    await assert.rejects(dialling, (error) => error === 'no longer');
    await assert.rejects((await probeOf(plugin)).visit({ value: 77 }), /Nothing was offered under id 77/);
  });
});

test('closing a brokered connection ends its calls with an error that says so', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    const client = await probeOf(plugin);
    const theirs = await plugin.broker.dial(Number((await client.offer({})).value));
    const over = await probeOver(theirs);
    const hanging = over.misbehave({ text: 'hang' });
    await over.echo({ text: 'connected' });
    await theirs.close();
    await assert.rejects(hanging, { code: 'BROKER_CLOSED' });
    await assert.rejects(over.echo({}), { code: 'BROKER_CLOSED' });
    assert.equal((await client.echo({ text: 'main' })).text, 'main');
  });
});

test('ends by itself when its host has gone', limits, async (t) => {
  await leavingNothing(t, async ({ directory }) => {
    const { PATH } = process.env;
    const plugin = spawn(process.execPath, fixtureCommand.slice(1), {
      env: { PATH, PLUGIN_UNIX_SOCKET_DIR: directory, BASIC_PLUGIN: 'hello', FIXTURE_HOST_GONE_MS: '100' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(plugin, 'exit');
    const [line] = (await once(createInterface(plugin.stdout), 'line')) as [string];
    const { address } = parseHandshakeLine(line, { protocolVersions: [1], autoMtls: false });
    // As when the host is killed: its connection is gone from one moment to the next.
    const output = new PluginOutput({ stdout: empty(), stderr: empty() }, {});
    const host = new Connection(socketTransport({ network: 'unix', address }, side), output);
    const { channel, inProgress } = host;
    const target: CallTarget = { channel: () => channel, inProgress, explain };
    await callUnary(target, healthService.Check, { service: 'plugin' });
    await host.close('the host is gone');
    assert.deepEqual(await exited, [0, null]);
  });
});

const side: BrokerSide = {
  tls: undefined,
  socketDirectory: () => '/nowhere',
  share: (path) => Promise.resolve({ network: 'unix', address: path }),
  reach: (address) => address,
  explain,
};

function explain(failure: Error): Promise<Error> {
  return Promise.resolve(failure);
}

async function* empty(): AsyncGenerator<Uint8Array> {
  // Nothing is printed.
}
