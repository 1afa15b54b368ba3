/** Plugins that fail before they are ready: each ends in one typed error, and leaves nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  HandshakeError,
  PluginError,
  PluginExitedError,
  PluginStartError,
  PluginStartTimeoutError,
  startPlugin,
  subprocessRunner,
} from '../../src/goplugin/index.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { handshake, leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 30_000 };

async function failure(promise: Promise<unknown>): Promise<PluginError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof PluginError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'the plugin started' });
}

test('tells the exit code and the last words of a plugin that ends at once', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const error = await failure(startScript('echo the license file is missing >&2; exit 3'));
    assert.ok(error instanceof PluginExitedError);
    assert.equal(error.code, 'PLUGIN_EXITED');
    assert.equal(error.phase, 'handshake');
    assert.deepEqual(error.exit, { code: 3 });
    assert.equal(error.output.stderr, 'the license file is missing\n');
    assert.match(
      error.message,
      /exited with code 3 before its handshake; its last words: the license file is missing/,
    );
    assert.ok(error.diagnosis?.facts.some(({ name }) => name === 'mode'));
  });
});

test('tells that a signal ended it', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const error = await failure(startScript('kill -SEGV $$'));
    assert.deepEqual(error.exit, { code: 139, signal: 'SIGSEGV' });
    assert.match(error.message, /was ended by SIGSEGV/);
  });
});

test('takes exit code 0 without a handshake for the failure that it is', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const error = await failure(startScript('exit 0'));
    assert.deepEqual([error.code, error.exit?.code], ['PLUGIN_EXITED', 0]);
    assert.match(error.hint ?? '', /socket/);
  });
});

test('quotes what was printed in place of a handshake', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const error = await failure(startScript('echo Welcome to the plugin!; echo more; sleep 1000'));
    assert.ok(error instanceof HandshakeError);
    assert.equal(error.code, 'HANDSHAKE_NOT_RECOGNISED');
    assert.match(error.message, /"Welcome to the plugin!"/);
    assert.match(error.output.stdout, /^Welcome to the plugin!\n/);
    assert.equal(error.exit, undefined);
  });
});

test('tells the exit code too when garbage is followed by an exit', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const error = await failure(startScript('echo usage: plugin FILE; exit 64'));
    assert.deepEqual([error.code, error.exit?.code], ['HANDSHAKE_NOT_RECOGNISED', 64]);
  });
});

const badHandshakes: readonly (readonly [what: string, line: string, code: string])[] = [
  ['core protocol 2', '2|1|unix|/tmp/p|grpc|', 'HANDSHAKE_CORE_VERSION'],
  ['a version nobody offered', '1|9|unix|/tmp/p|grpc|', 'HANDSHAKE_PLUGIN_VERSION'],
  ['net/rpc', '1|1|unix|/tmp/p|netrpc|', 'HANDSHAKE_NETRPC'],
  ['an unknown network', '1|1|udp|/tmp/p|grpc|', 'HANDSHAKE_NETWORK'],
  ['no certificate', '1|1|unix|/tmp/p|grpc|', 'HANDSHAKE_CERTIFICATE_MISSING'],
];

for (const [what, line, code] of badHandshakes) {
  test(`refuses a plugin with ${what}, and ends it`, limits, async (t) => {
    await leavingNothing(t, async ({ startScript }) => {
      const error = await failure(startScript(`echo '${line}'; sleep 1000`));
      assert.ok(error instanceof HandshakeError);
      assert.deepEqual([error.code, error.phase], [code, 'handshake']);
      assert.notEqual(error.hint, undefined);
    });
  });
}

test('accepts a last line without a line feed when stdout ends there', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const error = await failure(startScript("printf '2|1|unix|/tmp/p|grpc|'; exec 1>&-; sleep 1000"));
    assert.equal(error.code, 'HANDSHAKE_CORE_VERSION');
  });
});

test('gives up on a plugin that closes its stdout and goes on', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const error = await failure(startScript('exec 1>&-; sleep 1000'));
    assert.ok(error instanceof PluginStartError);
    assert.equal(error.code, 'PLUGIN_NO_HANDSHAKE');
  });
});

test('gives up on a line without end, in bounded memory', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const error = await failure(startScript('exec tr "\\0" x < /dev/zero'));
    assert.equal(error.code, 'HANDSHAKE_NOT_RECOGNISED');
    assert.ok(error.message.length < 500);
    assert.ok(error.output.stdout.length <= 8192);
  });
});

test('gives up on a silent plugin when its time is over', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const error = await failure(startScript('echo starting >&2; sleep 1000', { startTimeoutMs: 300 }));
    assert.ok(error instanceof PluginStartTimeoutError);
    assert.equal(error.code, 'PLUGIN_START_TIMEOUT');
    assert.match(error.message, /within 300 ms.*no handshake/);
    assert.equal(error.output.stderr, 'starting\n');
  });
});

test('gives up on a plugin that announces a socket and takes no connection', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const script = `echo "1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/none|grpc|"; sleep 1000`;
    const error = await failure(startScript(script, { autoMtls: false }));
    assert.ok(error instanceof PluginStartError);
    assert.deepEqual([error.code, error.phase], ['PLUGIN_CONNECT_FAILED', 'connect']);
    assert.match(error.message, /ENOENT/);
    assert.match(error.hint ?? '', /does not exist/);
  });
});

test('tells the exit of a plugin that ends between handshake and connection', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const script = `echo "1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/none|grpc|"; exit 4`;
    const error = await failure(startScript(script, { autoMtls: false }));
    assert.deepEqual([error.code, error.phase, error.exit?.code], ['PLUGIN_EXITED', 'connect', 4]);
  });
});

test('says of a wrong cookie that the plugin thinks it was run by hand', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    const error = await failure(
      startFixture({ handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'goodbye' } }),
    );
    assert.deepEqual([error.code, error.exit?.code], ['PLUGIN_EXITED', 1]);
    assert.match(error.hint ?? '', /the key or the value of `handshake`/);
    assert.ok(!JSON.stringify(error).includes('goodbye'), 'the value is not repeated');
  });
});

test('names a program that does not exist, or is not one', limits, async (t) => {
  await leavingNothing(t, async ({ start }) => {
    const absent = await failure(start('/no/such/plugin'));
    assert.deepEqual([absent.code, absent.phase], ['SUBPROCESS_START_FAILED', 'start']);
    assert.match(absent.message, /\/no\/such\/plugin.*ENOENT/);
    const folder = await failure(start('/dev/null'));
    assert.match(folder.message, /EACCES/);
    assert.match(folder.hint ?? '', /executable/);
  });
});

test('ends with the plugin whatever the plugin started', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const error = await failure(startScript('sleep 1000 & exit 5'));
    assert.equal(error.exit?.code, 5);
  });
});

const abortings: readonly (readonly [phase: string, script: string])[] = [
  ['the handshake', 'echo waiting >&2; sleep 1000'],
  ['a plugin that ignores SIGTERM', 'trap "" TERM; echo waiting >&2; while :; do sleep 1; done'],
];

for (const [phase, script] of abortings) {
  test(`rethrows the reason of an abort during ${phase}, as it is`, limits, async (t) => {
    await leavingNothing(t, async ({ startScript }) => {
      const controller = new AbortController();
      const reason = { any: 'thing' };
      const starting = startScript(script, {
        signal: controller.signal,
        onLog: () => {
          controller.abort(reason);
        },
      });
      assert.equal(await rejection(starting), reason);
    });
  });
}

test('starts nothing when the signal was aborted before', limits, async () => {
  const reason = new Error('too late');
  let created = 0;
  const starting = startPlugin({
    createRunner: () => {
      created += 1;
      return Promise.reject(new Error('never'));
    },
    handshake,
    protocolVersions: [1],
    signal: AbortSignal.abort(reason),
  });
  assert.equal(await rejection(starting), reason);
  assert.equal(created, 0);
});

test('removes a runner that comes after the abort', limits, async (t) => {
  await leavingNothing(t, async (scratch) => {
    const controller = new AbortController();
    const create = subprocessRunner({ command: '/bin/true', temporaryDirectory: scratch.directory });
    const starting = startPlugin({
      createRunner: (environment) => {
        // Deaf to its signal, as no runner should be.
        const late = create(environment, {});
        controller.abort(new Error('never mind'));
        return late;
      },
      handshake,
      protocolVersions: [1],
      signal: controller.signal,
    });
    await assert.rejects(starting, /never mind/);
  });
});

test('rethrows what a runner throws itself, when it is typed; wraps it when not', limits, async () => {
  const typed = new InvalidOptionError('image', 'is not there');
  const base = { handshake, protocolVersions: [1] };
  assert.equal(await rejection(startPlugin({ ...base, createRunner: () => Promise.reject(typed) })), typed);
  const error = await failure(
    startPlugin({ ...base, createRunner: () => Promise.reject(new Error('oops')) }),
  );
  assert.deepEqual([error.code, error.phase], ['PLUGIN_START_FAILED', 'create']);
  assert.match(error.message, /oops/);
});

test('refuses wrong options before anything is done', limits, async () => {
  const good = { createRunner: subprocessRunner({ command: 'x' }), handshake, protocolVersions: [1] };
  const bad: readonly (readonly [string, object])[] = [
    ['createRunner', { createRunner: undefined }],
    ['protocolVersions', { protocolVersions: [] }],
    ['protocolVersions', { protocolVersions: [1.5] }],
    ['startTimeoutMs', { startTimeoutMs: 0 }],
    ['startTimeoutMs', { startTimeoutMs: Number.NaN }],
    ['handshake.magicCookieKey', { handshake: { magicCookieKey: 'A=B', magicCookieValue: 'x' } }],
    ['handshake.magicCookieValue', { handshake: { magicCookieKey: 'A', magicCookieValue: '' } }],
  ];
  for (const [option, wrong] of bad) {
    await assert.rejects(startPlugin({ ...good, ...wrong }), { code: 'INVALID_OPTION', option });
  }
});

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}
