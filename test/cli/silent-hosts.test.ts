/** Hosts that do not answer, or not as hosts do: each costs the others a short time at most, and is named. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Answers } from '../../src/host/control/answers.ts';
import { mostConnections } from '../../src/host/control/connections.ts';
import { findHosts } from '../../src/cli/control/ask-hosts.ts';
import { serveControl } from '../../src/host/control/serve-control.ts';
import type { PluginHost } from '../../src/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { runInProcess } from './in-process.ts';

const limits = { timeout: 60_000 };
const { signal } = new AbortController();
const instance = {
  id: 'abcdef012345',
  type: 'secret',
  name: 'kv',
  version: '',
  state: { name: 'ready' },
  restarts: 0,
  mounts: [],
};
/** What the control socket asks of a host. */
const living = {
  id: 'host',
  instances: () => [instance],
  mounts: () => [],
  logs: () => [{ at: new Date(), level: 'info', stream: 'stdout', generation: 1, text: 'a line' }],
} as unknown as PluginHost;

/** Each listens on a socket in the directory; the name tells what it does. */
const others: Readonly<Record<string, (socket: Socket) => void>> = {
  'answers garbage': (socket) => {
    socket.on('data', () => socket.end('garbage\n'));
  },
  'answers what is no answer': (socket) => {
    socket.on('data', () => socket.end('{"state":{"pid":"x"}}\n'));
  },
  'closes at once': (socket) => socket.destroy(),
  'closes in the middle': (socket) => {
    socket.on('data', () => socket.end('{"state":'));
  },
  'never answers': () => undefined,
  'sends a line without end': (socket) => {
    socket.on('data', () => {
      const more = (): void => {
        while (socket.writable && socket.write('x'.repeat(64 * 1024)));
        socket.once('drain', more);
      };
      more();
    });
  },
  'sends lines without end': (socket) => {
    socket.on('data', () => {
      const more = (): void => {
        while (socket.writable && socket.write('{"leftOut":1}\n'));
        socket.once('drain', more);
      };
      more();
    });
  },
};

describe('a host that does not answer', limits, () => {
  let directory: string;
  let folder: string;
  const closing: (() => PromiseLike<unknown>)[] = [];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'silent-'));
    folder = join(directory, 'hosts');
    const control = await serveControl(living, { directory, trustedOwners: [] });
    closing.push(() => control[Symbol.asyncDispose]());
    for (const [at, behave] of Object.values(others).entries()) {
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket.on('error', () => undefined));
        behave(socket);
      });
      server.listen(join(folder, `${1000 + at}-other.sock`));
      await once(server, 'listening');
      closing.push(() => {
        for (const socket of sockets) socket.destroy();
        return new Promise((resolve) => server.close(resolve));
      });
    }
    // One that is stopped: its socket takes connections, and nobody reads them.
    const program = `require('net').createServer().listen(process.argv[1], () => console.log('listens'))`;
    const stopped = spawn(process.execPath, ['-e', program, join(folder, '2000-stopped.sock')]);
    await once(stopped.stdout, 'data');
    stopped.kill('SIGSTOP');
    closing.push(() => {
      const exit = once(stopped, 'exit');
      stopped.kill('SIGKILL');
      return exit;
    });
    // One whose process is gone, one that is no socket, and one of another user.
    const dead = spawn(process.execPath, ['-e', program, join(folder, '3000-dead.sock')]);
    await once(dead.stdout, 'data');
    const exit = once(dead, 'exit');
    dead.kill('SIGKILL');
    await exit;
    await mkdir(join(folder, '3001-folder.sock'));
    execFileSync('mkfifo', [join(folder, '3002-fifo.sock')]);
    if (process.geteuid?.() === 0) {
      const foreign = createServer((socket) => socket.destroy(new Error('connected to')));
      foreign.listen(join(folder, '3003-foreign.sock'));
      await once(foreign, 'listening');
      foreign.on('connection', () => {
        assert.fail('a socket of another user was connected to');
      });
      await chown(join(folder, '3003-foreign.sock'), 65_534, 65_534);
      closing.push(() => new Promise((resolve) => foreign.close(resolve)));
    }
  });
  after(async () => {
    for (const close of closing.reverse()) await close();
    await rm(directory, { recursive: true });
  });

  it('is told from those that do, with the reason', async () => {
    const { running, silent } = await findHosts({ directory, trustedOwners: [] }, { signal, limitMs: 5_000 });
    assert.deepEqual(
      running.map(({ state }) => state.hostId),
      ['host'],
    );
    const reasons = new Map(silent.map(({ pid, reason }) => [pid, reason]));
    for (const [at, what] of Object.keys(others).entries()) assert.ok(reasons.has(1000 + at), what);
    assert.match(reasons.get(1000) ?? '', /not the answer of a host/);
    assert.match(reasons.get(1002) ?? '', /ended the connection/);
    assert.match(reasons.get(2000) ?? '', /did not answer within/);
    assert.ok(reasons.has(3001) && reasons.has(3002));
    if (process.geteuid?.() === 0) assert.match(reasons.get(3003) ?? '', /belongs to user 65534/);
    assert.ok(!(await readdir(folder)).includes('3000-dead.sock'), 'the socket of a dead host is removed');
    assert.ok((await readdir(folder)).includes('3001-folder.sock'));
  });

  it('does not keep logs from the host that has the plugin', async () => {
    const environment = { BULKHEAD_DIRECTORY: directory };
    const logs = await runInProcess(['logs', 'kv'], environment);
    assert.equal(logs.status, 0, logs.stderr);
    assert.match(logs.stdout, /a line/);
    const none = await runInProcess(['logs', 'nothing'], environment);
    assert.equal(none.status, 3);
    assert.match(none.stderr, /HOST_SILENT[^]*process 2000 [^]*did not answer within 5 seconds/);
    const reload = await runInProcess(['plugin', 'reload', '-plugin=nothing'], environment);
    assert.equal(reload.status, 3);
  });

  const [engine] = loadEngines().flatMap(({ services }) => services.map(({ socket }) => socket));
  it('is listed by ps as not answering', { skip: engine === undefined && noEngines }, async () => {
    const args = ['ps', '-format=json', `-engine=${engine ?? ''}`];
    const { status, stdout, stderr } = await runInProcess(args, { BULKHEAD_DIRECTORY: directory });
    assert.equal(status, 0, stderr);
    const rows = JSON.parse(stdout) as { state: string; pid?: number; name: string }[];
    assert.ok(rows.some(({ name, state }) => name === 'kv' && state === 'ready'));
    for (const pid of [1000, 1004, 2000])
      assert.ok(
        rows.some((row) => row.pid === pid && row.state === 'not answering'),
        `${pid}: ${stdout}`,
      );
    assert.match(stderr, /Host 2000 is not answering: it did not answer within/);
  });
});

describe('commands that stand still', limits, () => {
  it('make room for others when there are too many', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'still-'));
    const control = await serveControl(living, { directory, trustedOwners: [] });
    const [name = ''] = await readdir(join(directory, 'hosts'));
    const still: Socket[] = [];
    try {
      for (let at = 0; at < mostConnections; at += 1) {
        const socket = connect(join(directory, 'hosts', name)).on('error', () => undefined);
        still.push(socket);
        await once(socket, 'connect');
        // Some say nothing; others have been answered, and neither read nor leave.
        if (at % 2 === 0) socket.pause().write('{"op":"state"}\n');
      }
      const { running, silent } = await findHosts({ directory, trustedOwners: [] }, { signal });
      assert.deepEqual([running.length, silent], [1, []]);
    } finally {
      for (const socket of still) socket.destroy();
      await control[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    }
  });

  it('do not hold up for ever what is sent to them', async () => {
    const server = createServer({ allowHalfOpen: true });
    const folder = await mkdtemp(join(tmpdir(), 'still-'));
    server.listen(join(folder, 's'));
    await once(server, 'listening');
    const client = connect(join(folder, 's')).pause();
    const [socket] = (await once(server, 'connection')) as [Socket];
    try {
      const answers = new Answers(socket, { limitMs: 50 });
      const closed = once(socket, 'close');
      const reply = 'x'.repeat(1024 * 1024);
      while (!socket.destroyed) await answers.say({ reply, streamed: true });
      await closed;
    } finally {
      client.destroy();
      server.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe('the socket of a host', limits, () => {
  for (const [what, removed] of [
    [
      'it is removed',
      (directory: string) =>
        readdir(join(directory, 'hosts')).then(([name = '']) => join(directory, 'hosts', name)),
    ],
    ['its folder is removed', (directory: string) => Promise.resolve(join(directory, 'hosts'))],
    ['the directory is removed', (directory: string) => Promise.resolve(directory)],
  ] as const) {
    it(`is made anew when ${what}`, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'removed-'));
      const told: string[] = [];
      let tell: () => void = () => undefined;
      const again = new Promise<void>((resolve) => (tell = resolve));
      const control = await serveControl(
        living,
        { directory, trustedOwners: [] },
        {
          removed: (text) => {
            told.push(text);
            tell();
          },
        },
      );
      try {
        await rm(await removed(directory), { recursive: true });
        await again;
        const { running } = await findHosts({ directory, trustedOwners: [] }, { signal });
        assert.equal(running.length, 1);
        assert.equal(told.length, 1);
        assert.match(told[0] ?? '', /was removed; ps, logs and call find this host/);
      } finally {
        await control[Symbol.asyncDispose]();
      }
      assert.deepEqual(await readdir(join(directory, 'hosts')), []);
      await rm(directory, { recursive: true });
    });
  }
});
