/** What a plugin in Go can do under this host, by the go-plugin that it is built with. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  HandshakeError,
  PluginCallError,
  PluginExitedError,
  service,
  type LogEntry,
  type Plugin,
} from '../../src/goplugin/index.ts';
import {
  goExample,
  goOnThePath,
  goPluginVersions,
  noGo,
  type GoExample,
  type GoPluginVersion,
} from '../plugins/go-programs.ts';
import { goProgram } from './fixtures/go-host.ts';
import { probeClient, type ProbeClient } from './fixtures/probe-client.ts';
import { addHelper, counter, kv, type CounterClient, type KvClient } from './fixtures/protos.ts';
import { leavingNothing, type Scratch } from './fixtures/start.ts';

const limits = { timeout: 240_000 };
const probeFolder = new URL('go/probe', import.meta.url);

interface Feature {
  readonly name: string;
  readonly program: GoExample | 'probe';
  /** Default: every version. */
  readonly since?: GoPluginVersion;
  readonly check: (scratch: Scratch, command: string, version: GoPluginVersion) => Promise<void>;
}

const features: readonly Feature[] = [
  ...[true, false].flatMap((autoMtls): Feature[] => {
    const mode = autoMtls ? 'with AutoMTLS' : 'in plaintext';
    return [
      {
        name: `example grpc ${mode}`,
        program: 'kv',
        async check({ start, directory, work }, command) {
          await using plugin = await start(command, [], { autoMtls });
          assert.equal(plugin.handshake.tls, autoMtls);
          assert.ok(
            plugin.handshake.address.startsWith(directory),
            'its socket is in the directory of this host',
          );
          const client = plugin.client<KvClient>(await kv());
          await client.put({ key: 'colour', value: Buffer.from('blue') });
          assert.match(await readFile(join(work, 'kv_colour'), 'utf8'), /^blue/);
          assert.match((await client.get({ key: 'colour' })).value.toString(), /^blue/);
          await assert.rejects(client.get({ key: 'missing' }), {
            status: 'UNKNOWN',
            details: /no such file/,
          });
          await plugin.health();
          assert.deepEqual(await plugin.stop(), { code: 0 });
        },
      },
      {
        name: `example bidirectional ${mode}`,
        program: 'counter',
        async check({ start }, command) {
          await using plugin = await start(command, [], { autoMtls });
          const client = plugin.client<CounterClient>(await counter());
          const helper = service(await addHelper(), {
            sum: ({ a, b }: { a: string; b: string }) => ({ r: Number(a) + Number(b) }),
          });
          for (const value of [20, 22]) {
            await using offer = await plugin.broker.serve([helper]);
            await client.put({ add_server: offer.id, key: 'total', value });
          }
          assert.equal((await client.get({ key: 'total' })).value, '42');
        },
      },
    ];
  }),
  {
    name: 'example negotiated: the highest common version, and a clear refusal of net/rpc',
    program: 'negotiated',
    async check({ start }, command) {
      await using plugin = await start(command, [], { protocolVersions: [2, 3] });
      assert.equal(plugin.handshake.protocolVersion, 3);
      const client = plugin.client<KvClient>(await kv());
      await client.put({ key: 'k', value: Buffer.from('v') });
      assert.match((await client.get({ key: 'k' })).value.toString(), /version 3/);
      const old = await failure(start(command, [], { protocolVersions: [2], autoMtls: false }));
      assert.deepEqual([old.code, old.phase], ['HANDSHAKE_NETRPC', 'handshake']);
      assert.match(old.hint ?? '', /GRPCServer/);
      const none = await failure(start(command, [], { protocolVersions: [7, 8] }));
      assert.equal(none.code, 'HANDSHAKE_PLUGIN_VERSION');
      assert.match(none.message, /version 2; this host speaks 7, 8/);
    },
  },
  {
    name: 'example streaming: a file there and back in pieces',
    program: 'streaming',
    since: 'v1.8.0',
    async check({ start, work }, command) {
      await using plugin = await start(command);
      const definition = await plugin.reflection.service('proto.StreamerService');
      const client = plugin.client<Streamer>(definition);
      const path = join(work, 'streamed');
      const pieces = Array.from({ length: 300 }, (_, index) => Buffer.alloc(1_000, index));
      await client.configure({ path, chunk_size: 4_096 });
      // The example ends the call without the reply that its .proto file promises.
      const written = client.write(pieces.map((piece) => ({ bytes_to_write: piece })));
      await assert.rejects(written, { details: 'No message received' });
      assert.ok((await readFile(path)).equals(Buffer.concat(pieces)));
      const read: Buffer[] = [];
      for await (const { read_bytes: piece } of client.read({})) read.push(piece);
      assert.ok(Buffer.concat(read).equals(Buffer.concat(pieces)));
    },
  },
  probe('streams in every direction', async (client) => {
    const counted: number[] = [];
    for await (const { value } of client.count({ value: 4 })) counted.push(Number(value));
    assert.deepEqual(counted, [1, 2, 3, 4]);
    assert.equal((await client.sum([{ value: 20 }, { value: 22 }])).value, '42');
    const doubled: number[] = [];
    for await (const { value } of client.double([{ value: 1 }, { value: 2 }])) doubled.push(Number(value));
    assert.deepEqual(doubled, [2, 4]);
  }),
  probe('metadata, deadline, and status with details, text and trailers', async (client) => {
    const bytes = Buffer.from([0, 255]);
    const { text, data } = await client.echo(
      { text: 'metadata' },
      { metadata: { 'x-test': ['one', 'two'], 'x-test-bin': bytes } },
    );
    assert.match(text, /^(one\+two|one, ?two)$/, 'HTTP/2 in Node.js may join values of one name');
    assert.deepEqual(data, bytes);
    const [has, left] = (await client.echo({ text: 'deadline' }, { timeoutMs: 30_000 })).text.split(' ');
    assert.equal(has, 'true');
    assert.ok(Number(left) > 20_000 && Number(left) <= 30_000, `${String(left)} ms are left`);
    await assert.rejects(client.misbehave({ text: 'elephant' }), (error) => {
      assert.ok(error instanceof PluginCallError);
      assert.equal(error.status, 'INVALID_ARGUMENT');
      assert.equal(error.details, 'what is elephant? ä\n');
      assert.deepEqual(error.metadata['reason-bin'], [Buffer.from([1, 2, 3])]);
      const [details] = error.metadata['grpc-status-details-bin'] ?? [];
      assert.match(String(details), /google\.protobuf\.StringValue/);
      return true;
    });
    await assert.rejects(client.misbehave({ text: 'hang' }, { timeoutMs: 100 }), {
      code: 'PLUGIN_CALL_TIMEOUT',
      status: 'DEADLINE_EXCEEDED',
    });
  }),
  probe('an abort reaches the plugin', async (client, { logged }) => {
    const controller = new AbortController();
    const reason = new Error('no longer');
    const hanging = client.misbehave({ text: 'hang' }, { signal: controller.signal });
    await logged('hanging');
    controller.abort(reason);
    await assert.rejects(hanging, (error) => error === reason);
    assert.match(String((await logged('the caller has left')).fields['why']), /canceled/);
  }),
  probe('leaving a stream reaches the plugin', async (client, { logged }) => {
    let seen = 0;
    for await (const _message of client.count({ value: 1_000_000_000 })) if ((seen += 1) === 1_000) break;
    await logged('the stream was left');
    assert.equal((await client.echo({ text: 'well' })).text, 'well');
  }),
  probe('its prints', async (client, { printed }) => {
    await client.misbehave({ text: 'print' });
    assert.equal(await printed(8), 'printed\n');
  }),
  probe('a reply above 4 MiB, and a request above it, which it refuses', async (client) => {
    const data = Buffer.alloc(4 * 1024 * 1024 - 100, 'x');
    assert.ok((await client.echo({ data })).data.equals(data));
    await assert.rejects(client.echo({ data: Buffer.alloc(4 * 1024 * 1024) }), {
      status: 'RESOURCE_EXHAUSTED',
      hint: /4 MiB/,
    });
  }),
  probe(
    'messages of 64 MiB',
    async (client) => {
      const data = Buffer.alloc(64 * 1024 * 1024, 'x');
      assert.ok((await client.echo({ data })).data.equals(data));
    },
    { PROBE_LARGE: '1' },
  ),
  probe('a panic, with its report at level error', async (client, { plugin, entries }) => {
    await assert.rejects(client.misbehave({ text: 'panic' }), (error) => {
      assert.ok(error instanceof PluginExitedError, String(error));
      assert.deepEqual(error.exit, { code: 2 });
      assert.match(error.output.stderr, /assignment to entry in nil map/);
      return true;
    });
    assert.deepEqual(await plugin.exited, { code: 2 });
    const panic = entries().find(({ kind }) => kind === 'panic');
    assert.deepEqual([panic?.level, panic?.message.slice(0, 6)], ['error', 'panic:']);
  }),
  probe('kill -9 in the middle of a call', async (client, { plugin, logged }) => {
    const hanging = client.misbehave({ text: 'hang' });
    await logged('hanging');
    process.kill(Number(plugin.id), 'SIGKILL');
    await assert.rejects(hanging, { code: 'PLUGIN_EXITED', exit: { code: 137, signal: 'SIGKILL' } });
  }),
  probe('shutdown with calls in flight', async (client, { plugin, logged }) => {
    const hanging = client.misbehave({ text: 'hang' });
    await logged('hanging');
    const [call, exit] = await Promise.allSettled([hanging, plugin.stop()]);
    assert.equal(call.status, 'rejected');
    assert.ok(call.reason instanceof PluginExitedError, String(call.reason));
    assert.deepEqual(exit, { status: 'fulfilled', value: { code: 0 } });
  }),
  probe(
    'staying in spite of Shutdown, until it is killed',
    async (_client, { plugin, entries }) => {
      assert.deepEqual(await plugin.stop({ graceMs: 500 }), { code: 137, signal: 'SIGKILL' });
      assert.ok(entries().some(({ message }) => message === 'asked to end, and staying'));
    },
    { PROBE_STAYS: '1' },
  ),
  {
    name: 'multiplexing, or a clear refusal before 1.6',
    program: 'kv',
    async check({ start }, command, version) {
      if (atLeast(version, 'v1.6.3')) {
        await using plugin = await start(command, [], { brokerMultiplex: true });
        assert.ok(plugin.handshake.multiplexing);
        await plugin.health();
      } else {
        const refused = await failure(start(command, [], { brokerMultiplex: true }));
        assert.equal(refused.code, 'HANDSHAKE_MULTIPLEXING_UNSUPPORTED');
        assert.match(refused.hint ?? '', /1\.6/);
      }
    },
  },
];

for (const version of goPluginVersions) {
  for (const { name, program, since, check } of features) {
    if (since !== undefined && !atLeast(version, since)) continue; // that example was not yet there
    test(`go-plugin ${version}: ${name}`, limits, async (t) => {
      if (goOnThePath() === undefined) {
        t.skip(noGo);
        return;
      }
      const command =
        program === 'probe'
          ? await goProgram('probe', probeFolder, version)
          : await goExample(program, version);
      await leavingNothing(t, (scratch) => check(scratch, command, version));
    });
  }
}

interface Seen {
  readonly plugin: Plugin;
  readonly entries: () => readonly LogEntry[];
  /** Resolves with the first entry of that message. */
  readonly logged: (message: string) => Promise<LogEntry>;
  /** Resolves with what was printed once it is so many bytes. */
  readonly printed: (bytes: number) => Promise<string>;
}

function probe(
  name: string,
  check: (client: ProbeClient, seen: Seen) => Promise<void>,
  env: Record<string, string> = {},
): Feature {
  return {
    name,
    program: 'probe',
    async check({ start }, command) {
      const entries: LogEntry[] = [];
      let text = '';
      const waiting = new Set<() => void>();
      const tell = (): void => {
        for (const look of waiting) look();
      };
      const until = <T>(find: () => T | undefined): Promise<T> =>
        new Promise((resolve) => {
          const look = (): void => {
            const found = find();
            if (found === undefined) return;
            waiting.delete(look);
            resolve(found);
          };
          waiting.add(look);
          look();
        });
      await using plugin = await start(command, [], {
        env,
        onLog: (entry) => {
          entries.push(entry);
          tell();
        },
        onOutput: ({ data }) => {
          text += Buffer.from(data).toString();
          tell();
        },
      });
      await check(await probeClient(plugin), {
        plugin,
        entries: () => entries,
        logged: (message) => until(() => entries.find((entry) => entry.message === message)),
        printed: (bytes) => until(() => (text.length >= bytes ? text : undefined)),
      });
    },
  };
}

interface Streamer {
  configure(request: { path: string; chunk_size: number }): Promise<object>;
  write(requests: Iterable<{ bytes_to_write: Buffer }>): Promise<object>;
  read(request: object): AsyncIterable<{ read_bytes: Buffer }>;
}

function atLeast(version: GoPluginVersion, other: GoPluginVersion): boolean {
  return goPluginVersions.indexOf(version) >= goPluginVersions.indexOf(other);
}

async function failure(starting: Promise<Plugin>): Promise<HandshakeError> {
  try {
    await (await starting)[Symbol.asyncDispose]();
  } catch (error) {
    assert.ok(error instanceof HandshakeError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'the plugin started' });
}
