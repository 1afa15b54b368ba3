/** What a plugin that runs as a plain process gets of the host, and what it must be. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, copyFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { PluginError, startPlugin, subprocessRunner, type SecureConfig } from '../../src/goplugin/index.ts';
import { CheckedFile } from '../../src/goplugin/subprocess/checked-file.ts';
import { goExample, goOnThePath, noGo } from '../plugins/go-programs.ts';
import { handshake, leavingNothing, type Scratch } from './fixtures/start.ts';

const limits = { timeout: 60_000 };

test('starts a program that has the checksum it should have', limits, async (t) => {
  if (goOnThePath() === undefined) {
    t.skip(noGo);
    return;
  }
  const command = await goExample('kv');
  const bytes = await readFile(command);
  await leavingNothing(t, async (scratch) => {
    for (const hash of ['sha256', 'sha512', undefined]) {
      const digest = createHash(hash ?? 'sha256').update(bytes);
      const checksum = hash === undefined ? digest.digest('hex') : digest.digest();
      await using plugin = await start(scratch, command, { checksum, hash });
      await plugin.health();
      assert.equal(plugin.name, command);
      assert.deepEqual(await plugin.stop(), { code: 0 });
    }
  });
});

test('does not start a program that has another checksum', limits, async (t) => {
  await leavingNothing(t, async (scratch) => {
    const script = join(scratch.work, 'plugin');
    await writeFile(script, '#!/bin/sh\ntouch ran\n', { mode: 0o755 });
    await assert.rejects(start(scratch, script, { checksum: '00'.repeat(32) }), (error) => {
      assert.ok(error instanceof PluginError);
      assert.equal(error.code, 'SUBPROCESS_CHECKSUM_MISMATCH');
      assert.ok(error.message.includes(script));
      return true;
    });
    assert.deepEqual(await readdir(scratch.work), ['plugin'], 'nothing of it ran');
  });
});

test('runs the file that was checked, not one that was put in its place since', limits, async (t) => {
  await leavingNothing(t, async ({ work }) => {
    const [path, other] = [join(work, 'plugin'), join(work, 'other')];
    await writeFile(path, 'good');
    await using file = await CheckedFile.open(path, {
      checksum: createHash('sha256').update('good').digest(),
    });
    await writeFile(other, 'evil');
    await rename(other, path);
    assert.equal(await readFile(`/proc/self/fd/${file.descriptor}`, 'utf8'), 'good');
  });
});

test('notices a file that was written to after it was checked', limits, async (t) => {
  await leavingNothing(t, async ({ work }) => {
    const path = join(work, 'plugin');
    await writeFile(path, 'good');
    await using file = await CheckedFile.open(path, {
      checksum: createHash('sha256').update('good').digest(),
    });
    await file.verifyUnchanged();
    await writeFile(path, 'evil');
    await assert.rejects(file.verifyUnchanged(), { code: 'SUBPROCESS_CHECKSUM_MISMATCH' });
  });
});

test('finds the program to check where it would be found to start', limits, async (t) => {
  await leavingNothing(t, async (scratch) => {
    const checksum = createHash('sha256')
      .update(await readFile('/bin/true'))
      .digest();
    // It has the checksum; it is no plugin.
    await assert.rejects(start(scratch, 'true', { checksum }), { code: 'PLUGIN_EXITED', exit: { code: 0 } });
    await assert.rejects(start(scratch, '/no/such/plugin', { checksum }), {
      code: 'SUBPROCESS_START_FAILED',
    });
  });
});

test('starts a script that was checked, through its interpreter', limits, async (t) => {
  await leavingNothing(t, async (scratch) => {
    const text = '#!/bin/sh\necho "I am $0 with $1" >&2; exit 6\n';
    const script = join(scratch.work, 'plugin');
    await writeFile(script, text, { mode: 0o755 });
    const checksum = createHash('sha256').update(text).digest();
    await assert.rejects(start(scratch, script, { checksum }, ['argument']), {
      code: 'PLUGIN_EXITED',
      exit: { code: 6 },
      message: /with argument/,
    });
  });
});

test('refuses a checksum that can not be one', limits, () => {
  const wrong: readonly (readonly [string, SecureConfig])[] = [
    ['secureConfig.checksum', { checksum: '' }],
    ['secureConfig.checksum', { checksum: 'xyz' }],
    ['secureConfig.checksum', { checksum: Buffer.alloc(20) }],
    ['secureConfig.hash', { checksum: Buffer.alloc(32), hash: 'sha3.14' }],
  ];
  for (const [option, secureConfig] of wrong) {
    assert.throws(() => subprocessRunner({ command: 'x', secureConfig }), { code: 'INVALID_OPTION', option });
  }
});

const environments: readonly (readonly [boolean | undefined, string, RegExp])[] = [
  [undefined, 'only the PATH', /^PATH=[^\n]+$/],
  [true, 'nothing', /^$/],
  [false, 'all', /SUBPROCESS_TEST_OF_THE_HOST=yes/],
];

for (const [skipHostEnv, what, expected] of environments) {
  test(
    `passes on ${what} of the host's environment with skipHostEnv ${String(skipHostEnv)}`,
    limits,
    async (t) => {
      process.env['SUBPROCESS_TEST_OF_THE_HOST'] = 'yes';
      await leavingNothing(t, async ({ directory, work }) => {
        const copy = join(work, 'env');
        await copyFile('/usr/bin/env', copy);
        await chmod(copy, 0o755);
        const createRunner = subprocessRunner({
          command: copy,
          temporaryDirectory: directory,
          skipHostEnv,
          env: { OWN: 'x' },
        });
        const runner = await createRunner({ BASIC_PLUGIN: 'hello' }, {});
        await runner.start();
        const output: Uint8Array[] = [];
        for await (const chunk of runner.stdout) output.push(chunk);
        await runner[Symbol.asyncDispose]();
        const lines = Buffer.concat(output).toString().trim().split('\n');
        const ours = ['OWN=x', 'BASIC_PLUGIN=hello', 'TMPDIR=', 'PLUGIN_UNIX_SOCKET_DIR='];
        for (const start of ours)
          assert.ok(
            lines.some((line) => line.startsWith(start)),
            `${start} is there`,
          );
        // Node.js itself hands the last one on while coverage is measured.
        const known = [...ours, 'NODE_V8_COVERAGE='];
        assert.match(
          lines.filter((line) => !known.some((start) => line.startsWith(start))).join('\n'),
          expected,
        );
      });
      delete process.env['SUBPROCESS_TEST_OF_THE_HOST'];
    },
  );
}

function start(
  { directory, work }: Scratch,
  command: string,
  secureConfig: SecureConfig,
  args: string[] = [],
) {
  return startPlugin({
    createRunner: subprocessRunner({ command, args, cwd: work, temporaryDirectory: directory, secureConfig }),
    handshake,
    protocolVersions: [1],
    autoMtls: false,
  });
}
