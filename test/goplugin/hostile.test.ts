/** Plugins that lie: each ends in a typed error in good time, and this process neither grows nor stops. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { BulkheadError } from '../../src/errors.ts';
import { encodeCertificateField } from '../../src/goplugin/handshake/certificate-field.ts';
import { reattachPlugin, service } from '../../src/goplugin/index.ts';
import { servingStatus } from '../../src/goplugin/wire/messages.ts';
import { brokerService, healthService } from '../../src/goplugin/wire/services.ts';
import { createIdentity } from '../../src/goplugin/tls/identity.ts';
import { serveToTarget } from './fixtures/reflected.ts';
import { fixtureArgs, fixtureCommand, leavingNothing, type Scratch } from './fixtures/start.ts';
import { watchGrowth } from './fixtures/watch-growth.ts';

const limits = { timeout: 60_000 };
const liar = fixtureArgs('liar');
/** How much this process may grow by at most, whatever is poured into it. */
const growthLimit = 200 * 1024 * 1024;

const floods = [
  'settings',
  'ping',
  'window',
  'reset',
  'empty-data',
  'data',
  'unknown',
  'informational',
  'continuation',
  'push',
  'garbage',
  'huge-headers',
  'many-headers',
  'huge-message',
  'goaway',
  'wrong-frame-size',
  'silent',
];

for (const lie of floods) {
  test(`survives HTTP/2 of the kind ${lie}`, limits, async (t) => {
    await leavingNothing(t, async ({ start }) => {
      const growth = watchGrowth();
      try {
        await using plugin = await start(process.execPath, liar, {
          env: { LIE: lie },
          autoMtls: false,
          startTimeoutMs: 10_000,
        });
        await assert.rejects(plugin.health({ timeoutMs: 500 }), BulkheadError);
        await plugin.stop({ graceMs: 200 });
      } catch (error) {
        assert.ok(error instanceof BulkheadError, String(error));
        assert.ok(['PLUGIN_CONNECT_FAILED', 'PLUGIN_START_TIMEOUT'].includes(error.code), error.code);
      }
      assert.ok(growth() < growthLimit, `grew by ${growth()} bytes`);
    });
  });
}

test('gives up on a handshake of 10 MB, and keeps none of it', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const growth = watchGrowth();
    await assert.rejects(startScript('head -c 10000000 /dev/zero | tr "\\0" 1; echo; sleep 1000'), {
      code: 'HANDSHAKE_NOT_RECOGNISED',
    });
    assert.ok(growth() < 50 * 1024 * 1024, `grew by ${growth()} bytes`);
  });
});

test(
  'reads an endless stdout without a line feed after the handshake, and keeps only its end',
  limits,
  async (t) => {
    await leavingNothing(t, async (scratch) => {
      const growth = watchGrowth();
      let bytes = 0;
      let tell: () => void = () => undefined;
      const enough = new Promise<void>((resolve) => (tell = resolve));
      const onOutput = ({ data }: { data: Uint8Array }): void => {
        bytes += data.length;
        if (bytes > 300_000_000) tell();
      };
      const script = '"$@" | { read -r line; echo "$line"; exec cat /dev/zero; }';
      await using plugin = await startBehind(scratch, script, { onOutput });
      await enough;
      await plugin.health();
      assert.ok(growth() < growthLimit, `grew by ${growth()} bytes`);
    });
  },
);

test('refuses a plugin that presents the certificate of another', limits, async (t) => {
  const other = await createIdentity();
  const field = encodeCertificateField(other.certificateDer);
  await leavingNothing(t, async (scratch) => {
    // A real plugin, with its own certificate, behind a handshake that names another's.
    const error = await rejected(startBehind(scratch, `"$@" | sed -u "s#|grpc|[^|]*#|grpc|${field}#"`));
    assert.equal(error.code, 'PLUGIN_CONNECT_FAILED');
    assert.match(error.message, /certificate/);
  });
});

const escapes: readonly (readonly [what: string, script: string, code: string, said: RegExp])[] = [
  ['leaves the directory by ..', 'echo "1|1|unix|$D/../other|grpc|"', 'SOCKET_OUTSIDE_DIRECTORY', /not in/],
  ['is elsewhere', 'echo "1|1|unix|/run/docker.sock|grpc|"', 'SOCKET_OUTSIDE_DIRECTORY', /docker\.sock/],
  ['is below the directory', 'echo "1|1|unix|$D/sub/s|grpc|"', 'SOCKET_OUTSIDE_DIRECTORY', /not in/],
  ['is the directory itself', 'echo "1|1|unix|$D/.|grpc|"', 'PLUGIN_CONNECT_FAILED', /no socket|EISDIR/],
  [
    'is a symbolic link',
    'ln -s "$OTHER" $D/p; echo "1|1|unix|$D/p|grpc|"',
    'PLUGIN_CONNECT_FAILED',
    /symbolic link/,
  ],
  ['is a file', 'touch $D/p; echo "1|1|unix|$D/p|grpc|"', 'PLUGIN_CONNECT_FAILED', /no socket/],
  ['is a pipe', 'mkfifo $D/p; echo "1|1|unix|$D/p|grpc|"', 'PLUGIN_CONNECT_FAILED', /no socket/],
];

for (const [what, script, code, said] of escapes) {
  test(`does not connect to a socket whose path ${what}`, limits, async (t) => {
    await leavingNothing(t, async ({ startScript, work }) => {
      let visitors = 0;
      const other = createServer(() => (visitors += 1)).listen(join(work, 'other'));
      await once(other, 'listening');
      const starting = startScript(`D=$PLUGIN_UNIX_SOCKET_DIR; ${script}; exec sleep 1000`, {
        autoMtls: false,
        env: { OTHER: join(work, 'other') },
      });
      const error = await rejected(starting);
      assert.equal(error.code, code);
      assert.match(error.message, said);
      assert.equal(visitors, 0, 'nobody came to the other socket');
      other.close();
    });
  });
}

test('is not led to the socket of another plugin', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture, startScript }) => {
    await using other = await startFixture({ autoMtls: false });
    const address = other.handshake.hostAddress.address;
    const script = (line: string): string => `echo "1|1|unix|${line}|grpc|"; exec sleep 1000`;
    assert.equal(
      (await rejected(startScript(script(address), { autoMtls: false }))).code,
      'SOCKET_OUTSIDE_DIRECTORY',
    );
    // A hard link is the same socket; but only AutoMTLS, which is the default, tells who is behind it.
    const { certificateDer } = await createIdentity();
    const line = `ln ${address} $PLUGIN_UNIX_SOCKET_DIR/p; echo "1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/p|grpc|${encodeCertificateField(certificateDer)}"; exec sleep 1000`;
    assert.equal((await rejected(startScript(line))).code, 'PLUGIN_CONNECT_FAILED');
    await other.health();
  });
});

test('keeps a bounded number of announcements, and of one id the newest', limits, async (t) => {
  await leavingNothing(t, async () => {
    let path = '';
    const lying = service(brokerService, {
      startStream: async function* () {
        for (let id = 1_000; id < 21_000; id += 1) {
          yield await Promise.resolve({ serviceId: id, network: 'unix', address: '/nowhere' });
        }
        for (const address of ['/nowhere', path]) yield { serviceId: 7, network: 'unix', address };
        yield { serviceId: 5, network: 'sctp', address: '' };
        await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
      },
    });
    const health = service(healthService, { check: () => ({ status: servingStatus.indexOf('SERVING') }) });
    await using served = await serveToTarget([lying, health]);
    ({ path } = served);
    const growth = watchGrowth();
    const address = { network: 'unix', address: path } as const;
    const reattach = { protocol: 'grpc', protocolVersion: 1, address, pid: process.pid, test: true } as const;
    await using plugin = await reattachPlugin({ reattach });
    await assert.rejects(plugin.broker.dial(5, { timeoutMs: 30_000 }), {
      code: 'BROKER_NOT_ANNOUNCED',
      id: 5,
    });
    await using connection = await plugin.broker.dial(7);
    const client = connection.client(healthService);
    assert.deepEqual(await client.check({ service: '' }), { status: servingStatus.indexOf('SERVING') });
    await assert.rejects(plugin.broker.dial(1_000, { timeoutMs: 10 }), { code: 'BROKER_NOT_ANNOUNCED' });
    assert.ok(growth() < growthLimit, `grew by ${growth()} bytes`);
  });
});

async function rejected(starting: Promise<AsyncDisposable>): Promise<BulkheadError> {
  try {
    await (await starting)[Symbol.asyncDispose]();
  } catch (error) {
    assert.ok(error instanceof BulkheadError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'the plugin started' });
}

/** The fixture plugin within a shell script, as its arguments. */
function startBehind({ start }: Scratch, script: string, options: Parameters<Scratch['start']>[2] = {}) {
  return start('/bin/sh', ['-c', script, 'sh', ...fixtureCommand], options);
}
