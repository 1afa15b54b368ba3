/** What `serve()` makes of its environment: the cookie, the directory and group of its socket, versions, mistakes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseHandshakeLine } from '../../src/goplugin/index.ts';
import { createIdentity } from '../../src/goplugin/tls/identity.ts';
import { fixtureCommand, leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 60_000 };

test('run by hand, it explains itself and prints nothing on stdout', limits, async (t) => {
  await leavingNothing(t, async () => {
    const { code, stdout, stderr } = await run({});
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /is a plugin/);
    assert.match(stderr, /by hand/);
    assert.match(stderr, /Run the program that uses it/);
  });
});

test(
  'makes its socket where the host says, gives it to the group and removes it at the end',
  limits,
  async (t) => {
    await leavingNothing(t, async ({ directory }) => {
      const env = {
        BASIC_PLUGIN: 'hello',
        PLUGIN_UNIX_SOCKET_DIR: directory,
        PLUGIN_UNIX_SOCKET_GROUP: String(group()),
      };
      const { line } = await run(env, async (text) => {
        const { network, address } = parseHandshakeLine(text, { protocolVersions: [1], autoMtls: false });
        assert.deepEqual([network, dirname(address)], ['unix', directory]);
        assert.match(address, /\/plugin\d+$/);
        const { gid, mode } = await stat(address);
        assert.deepEqual([gid, mode & 0o777], [group(), 0o660]);
      });
      assert.match(line, /^1\|1\|unix\|[^|]+\|grpc\|$/, 'no field that nobody asked for');
      assert.deepEqual(await readdir(directory), []);
    });
  },
);

test('knows the groups of /etc/group by name', limits, async (t) => {
  await leavingNothing(t, async ({ directory }) => {
    const entry = (await readFile('/etc/group', 'utf8'))
      .split('\n')
      .find((line) => line.split(':')[2] === String(group()));
    if (entry === undefined) {
      t.skip('the group of this process has no name');
      return;
    }
    const [name = ''] = entry.split(':');
    await run(
      { BASIC_PLUGIN: 'hello', PLUGIN_UNIX_SOCKET_DIR: directory, PLUGIN_UNIX_SOCKET_GROUP: name },
      async (text) => {
        const { address } = parseHandshakeLine(text, { protocolVersions: [1], autoMtls: false });
        assert.equal((await stat(address)).gid, group());
      },
    );
  });
});

test('uses TMPDIR where the host names no directory', limits, async (t) => {
  await leavingNothing(t, async ({ work }) => {
    await run({ BASIC_PLUGIN: 'hello', TMPDIR: work, PLUGIN_UNIX_SOCKET_DIR: '' }, (text) => {
      assert.equal(
        dirname(parseHandshakeLine(text, { protocolVersions: [1], autoMtls: false }).address),
        work,
      );
    });
  });
});

const offers: readonly (readonly [offered: string, chosen: number])[] = [
  ['1,2,3', 3],
  ['3,1', 3],
  ['1', 1],
  ['2,4', 1],
  ['', 1],
  ['x, 3,1', 1],
];

for (const [offered, chosen] of offers) {
  test(`speaks version ${chosen} with a host that offers ${JSON.stringify(offered)}`, limits, async (t) => {
    await leavingNothing(t, async ({ directory }) => {
      const { line } = await run({
        BASIC_PLUGIN: 'hello',
        PLUGIN_UNIX_SOCKET_DIR: directory,
        PLUGIN_PROTOCOL_VERSIONS: offered,
      });
      assert.equal(line.split('|')[1], String(chosen));
    });
  });
}

test(
  'presents a certificate when the host sends its own, and says that it knows multiplexing when asked',
  limits,
  async (t) => {
    await leavingNothing(t, async ({ directory }) => {
      const { certificatePem } = await createIdentity();
      const { line } = await run({
        BASIC_PLUGIN: 'hello',
        PLUGIN_UNIX_SOCKET_DIR: directory,
        PLUGIN_CLIENT_CERT: certificatePem,
        PLUGIN_MULTIPLEX_GRPC: 'false',
      });
      const read = parseHandshakeLine(line, { protocolVersions: [1], autoMtls: true });
      assert.notEqual(read.certificateDer, undefined);
      assert.equal(read.multiplexing, true);
      assert.ok(!line.includes('='), 'unpadded');
    });
  },
);

const mistakes: readonly (readonly [
  what: string,
  env: (work: string) => Record<string, string>,
  said: RegExp,
])[] = [
  [
    'a directory that does not exist',
    (work) => ({ PLUGIN_UNIX_SOCKET_DIR: join(work, 'none') }),
    /ENOENT|EACCES/,
  ],
  [
    'a directory whose path is too long',
    (work) => ({ PLUGIN_UNIX_SOCKET_DIR: join(work, 'x'.repeat(120)) }),
    /107/,
  ],
  [
    'a group that does not exist',
    (work) => ({ PLUGIN_UNIX_SOCKET_DIR: work, PLUGIN_UNIX_SOCKET_GROUP: 'no-such-group' }),
    /no-such-group/,
  ],
  [
    'a certificate that is none',
    (work) => ({ PLUGIN_UNIX_SOCKET_DIR: work, PLUGIN_CLIENT_CERT: 'garbage' }),
    /PLUGIN_CLIENT_CERT/,
  ],
];

for (const [what, env, said] of mistakes) {
  test(
    `told ${what}, it says so in a line that hosts understand, and ends with code 1`,
    limits,
    async (t) => {
      await leavingNothing(t, async ({ work }) => {
        await mkdir(join(work, 'x'.repeat(120)));
        const { code, stdout, stderr } = await run({ BASIC_PLUGIN: 'hello', ...env(work) });
        assert.equal(code, 1);
        assert.equal(stdout, '');
        const entry = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
        assert.equal(entry['@level'], 'error');
        assert.match(String(entry['error']), said);
      });
    },
  );
}

interface Ran {
  readonly code: number | null;
  readonly line: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the fixture plugin, looks at it when it has printed its handshake, and ends it politely. */
async function run(
  env: Readonly<Record<string, string>>,
  look: (line: string) => Promise<void> | void = () => undefined,
): Promise<Ran> {
  const [command = '', ...args] = fixtureCommand;
  const plugin = spawn(command, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  let looking: Promise<void> | undefined;
  plugin.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
    if (!text.stdout.includes('\n') || looking) return;
    looking = Promise.resolve(look(text.stdout.trim())).finally(() => plugin.kill('SIGTERM'));
  });
  plugin.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
  const code = await new Promise<number | null>((resolve) => plugin.once('close', resolve));
  await looking;
  return { code, line: text.stdout.trim(), ...text };
}

function group(): number {
  return process.getgid?.() ?? 0;
}
