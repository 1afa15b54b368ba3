import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  connectEngine,
  EngineClosedError,
  EngineError,
  EngineGoneError,
  EngineTimeoutError,
  EngineUnreachableError,
  EngineVersionError,
  findSockets,
  InvalidOptionError,
  NotAnEngineError,
} from '../../src/engine/index.ts';
import { firstAnswerMs } from '../../src/engine/system/ping.ts';
import { startRecordingServer } from '../../src/testing/index.ts';
import { runNodeAsUser } from '../engines/as-user.ts';
import { loadEngines } from '../engines/engines.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
});
after(() => rm(folder, { recursive: true }));

const timeout = 30_000;
const unreachable = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof EngineUnreachableError && error.code === code && text.test(error.message);

test('an engine may take as long for its first answer as the caller says, and 15 s else', () => {
  assert.deepEqual([undefined, 0, 5_000, 600_000].map(firstAnswerMs), [15_000, 15_000, 5_000, 600_000]);
});

describe('a socket that can not be used', { timeout }, () => {
  test('is told to be absent', async () => {
    const socketPath = join(folder, 'absent.sock');
    await assert.rejects(
      connectEngine({ socketPath }),
      unreachable('ENGINE_SOCKET_ABSENT', /absent\.sock does not exist/),
    );
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(
      connectEngine({ socketPath: join(folder, 'file/x.sock') }),
      unreachable('ENGINE_SOCKET_ABSENT', /does not exist/),
    );
  });

  test('is told to be a file, or a folder', async () => {
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(
      connectEngine({ socketPath: join(folder, 'file') }),
      unreachable('ENGINE_SOCKET_INVALID', /is a file, not a socket/),
    );
    await assert.rejects(
      connectEngine({ socketPath: folder }),
      unreachable('ENGINE_SOCKET_INVALID', /is a directory/),
    );
  });

  test('is told to be stale when its engine has gone', async () => {
    const socketPath = join(folder, 'stale.sock');
    await using server = await listen(socketPath, createServer());
    await makeStale(server, socketPath);
    await assert.rejects(
      connectEngine({ socketPath }),
      unreachable('ENGINE_SOCKET_REFUSED', /nothing listens on/),
    );
  });

  test('is told to be forbidden, with its owner, its mode and who we are', async (t) => {
    const [engine] = loadEngines();
    if (process.geteuid?.() !== 0 || engine === undefined) {
      t.skip('needs root, and the user that scripts/engines up makes');
      return;
    }
    const parent = await mkdtemp(join(engine.shareDirectory, 'forbidden-'));
    try {
      await chmod(parent, 0o755);
      const socketPath = join(parent, 'root.sock');
      await using server = await listen(socketPath, createServer());
      await chmod(server.socketPath, 0o600);
      const child = runNodeAsUser(
        [
          '--import',
          'tsx',
          '--input-type=module',
          '--eval',
          `import { connectEngine } from './src/engine/index.ts';
           const error = await connectEngine({ socketPath: ${JSON.stringify(socketPath)} }).catch((error) => error);
           console.log(JSON.stringify({ code: error.code, message: error.message, hint: error.hint }));`,
        ],
        { engine },
      );
      assert.ok(child.stdout);
      let output = '';
      for await (const text of child.stdout.setEncoding('utf8')) output += String(text);
      const error = JSON.parse(output) as { code: string; message: string; hint: string };
      assert.equal(error.code, 'ENGINE_SOCKET_FORBIDDEN');
      assert.match(error.message, new RegExp(`user ${engine.user.uid} .*owner 0, group 0, mode 0600`));
      assert.match(error.hint, /rootless/);
    } finally {
      await rm(parent, { recursive: true });
    }
  });

  test('is refused by name when its path is too long for the kernel', async () => {
    const socketPath = `/tmp/${'x'.repeat(103)}`;
    await assert.rejects(
      connectEngine({ socketPath }),
      unreachable('ENGINE_SOCKET_PATH_TOO_LONG', /has 108 bytes; the kernel allows 107/),
    );
    const umlauts = `/tmp/${'ü'.repeat(52)}`;
    await assert.rejects(
      connectEngine({ socketPath: umlauts }),
      unreachable('ENGINE_SOCKET_PATH_TOO_LONG', /109 bytes/),
    );
  });

  test('may have a long path when a shorter link leads to it', async () => {
    await using server = await startRecordingServer();
    const long = join(folder, 'd'.repeat(100));
    await mkdir(long);
    await symlink(server.socketPath, join(long, 'engine.sock'));
    await symlink(long, join(folder, 's'));
    await using engine = await connectEngine({ socketPath: join(folder, 's/engine.sock') });
    assert.equal(engine.kind, 'docker');
  });
});

describe('what answers', { timeout }, () => {
  const answering = async (text: string) => {
    const socketPath = join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 8)}.sock`);
    return listen(
      socketPath,
      createServer((socket) => socket.on('error', () => undefined).end(text)),
    );
  };

  test('is told not to be an engine, whatever it says', async () => {
    for (const text of [
      'HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      '220 mail.example.com ESMTP\r\n',
      'SSH-2.0-OpenSSH_9\r\n',
    ]) {
      await using server = await answering(text);
      await assert.rejects(connectEngine({ socketPath: server.socketPath }), NotAnEngineError);
    }
  });

  test('is told to have gone when it hangs up without a word', async () => {
    await using server = await answering('');
    await assert.rejects(connectEngine({ socketPath: server.socketPath }), EngineGoneError);
  });

  test('is given up when it says nothing at all', async () => {
    const socketPath = join(folder, 'silent.sock');
    await using server = await listen(
      socketPath,
      createServer(() => undefined),
    );
    await assert.rejects(
      connectEngine({ socketPath: server.socketPath, limits: { headersMs: 300 } }),
      EngineTimeoutError,
    );
    const reason = new Error('enough');
    const controller = new AbortController();
    const connecting = connectEngine({ socketPath, signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(connecting, (error) => error === reason);
    await assert.rejects(
      connectEngine({ socketPath, signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    );
  });

  test('is known by its headers, not by its path', async () => {
    const socketPath = join(folder, 'docker.sock');
    await using server = await startRecordingServer({ kind: 'podman' });
    await symlink(server.socketPath, socketPath);
    await using engine = await connectEngine({ socketPath });
    assert.deepEqual([engine.kind, engine.version, engine.apiVersion], ['podman', '5.4.2', '1.41']);
  });

  test('is asked again with GET when it knows no HEAD', async () => {
    const socketPath = join(folder, 'nohead.sock');
    await using real = await startRecordingServer();
    const http = createHttpServer((request, response) => {
      response.writeHead(request.method === 'HEAD' ? 405 : 200, {
        'api-version': '1.44',
        server: 'Docker/25.0.0',
      });
      response.end();
    });
    await using server = await listen(socketPath, http);
    // It has no /info, so that is as far as it goes.
    await assert.rejects(
      connectEngine({ socketPath: server.socketPath }),
      (error) => error instanceof EngineError && !(error instanceof NotAnEngineError),
    );
    assert.deepEqual(real.requests, []);
  });
});

describe('the API version', { timeout }, () => {
  const agreed = async (apiVersion: string, environment = {}) => {
    await using server = await startRecordingServer({ apiVersion });
    await using engine = await connectEngine({ socketPath: server.socketPath, environment });
    return engine.apiVersion;
  };

  test('is the newest that both speak', async () => {
    assert.equal(await agreed('1.40'), '1.40');
    assert.equal(await agreed('1.44'), '1.44');
    assert.equal(await agreed('1.55'), '1.51', 'ours');
  });

  test('is refused below our floor, with both numbers', async () => {
    await assert.rejects(
      agreed('1.39'),
      (error) => error instanceof EngineVersionError && /1\.39.*1\.40/.test(error.message),
    );
    await assert.rejects(agreed('1.9'), EngineVersionError, 'compared as numbers');
    await assert.rejects(agreed('two'), EngineVersionError);
  });

  test('is fixed by DOCKER_API_VERSION', async () => {
    assert.equal(await agreed('1.51', { DOCKER_API_VERSION: '1.42' }), '1.42');
    assert.equal(await agreed('1.51', { DOCKER_API_VERSION: 'v1.44' }), '1.44', 'as in the paths of the API');
    assert.equal(await agreed('1.51', { DOCKER_API_VERSION: '' }), '1.51', 'not set');
    await assert.rejects(agreed('1.51', { DOCKER_API_VERSION: '1.12' }), EngineVersionError);
    await assert.rejects(agreed('1.51', { DOCKER_API_VERSION: 'new' }), InvalidOptionError);
  });
});

describe('without a socketPath', { timeout }, () => {
  const home = () => join(folder, 'home');
  const clean = () => ({ HOME: home(), XDG_RUNTIME_DIR: join(folder, 'run') });
  const useContext = async (name: string, host: unknown, current = name) => {
    const meta = join(home(), '.docker/contexts/meta', createHash('sha256').update(name).digest('hex'));
    await mkdir(meta, { recursive: true });
    await writeFile(
      join(meta, 'meta.json'),
      JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }),
    );
    await writeFile(join(home(), '.docker/config.json'), JSON.stringify({ currentContext: current }));
  };

  test('settings come before the usual places, in the order that Docker has', async () => {
    await useContext('one', 'unix:///one.sock');
    await useContext('two', 'unix:///two.sock');
    const find = async (environment: Record<string, string>) =>
      (await findSockets({ ...clean(), ...environment })).map(({ socketPath, source }) => [
        source,
        socketPath,
      ]);
    assert.deepEqual(await find({ DOCKER_HOST: 'unix:///host.sock', CONTAINER_HOST: 'unix:///c.sock' }), [
      ['DOCKER_HOST', '/host.sock'],
    ]);
    assert.deepEqual(await find({ CONTAINER_HOST: 'unix:///c.sock', DOCKER_CONTEXT: 'one' }), [
      ['CONTAINER_HOST', '/c.sock'],
    ]);
    assert.deepEqual(await find({ DOCKER_CONTEXT: 'one' }), [['docker context "one"', '/one.sock']]);
    assert.deepEqual(await find({}), [['docker context "two"', '/two.sock']], 'currentContext');
    const usual = (await find({ DOCKER_CONTEXT: 'default', DOCKER_HOST: '' })).map(
      ([, socketPath]) => socketPath,
    );
    assert.deepEqual(usual.slice(0, 4), [
      '/var/run/docker.sock',
      join(folder, 'run/docker.sock'),
      '/run/podman/podman.sock',
      join(folder, 'run/podman/podman.sock'),
    ]);
  });

  test('a setting that names no unix socket is refused by name', async () => {
    for (const url of ['tcp://127.0.0.1:2375', 'ssh://me@there', 'npipe:////./pipe/docker']) {
      await assert.rejects(
        findSockets({ ...clean(), DOCKER_HOST: url }),
        unreachable('ENGINE_SCHEME_UNSUPPORTED', /DOCKER_HOST names an engine behind (tcp|ssh|npipe)/),
      );
    }
    await assert.rejects(findSockets({ DOCKER_HOST: 'unix://docker.sock' }), InvalidOptionError);
    await useContext('remote', 'tcp://10.0.0.1:2376');
    await assert.rejects(
      findSockets(clean()),
      unreachable('ENGINE_SCHEME_UNSUPPORTED', /docker context "remote"/),
    );
  });

  test('a context that can not be read is an error, not a reason to look elsewhere', async () => {
    await assert.rejects(
      findSockets({ ...clean(), DOCKER_CONTEXT: 'never' }),
      unreachable('ENGINE_CONTEXT_INVALID', /"never" is set by DOCKER_CONTEXT, but there is no such context/),
    );
    await useContext('empty', '');
    await assert.rejects(
      findSockets(clean()),
      unreachable('ENGINE_CONTEXT_INVALID', /"empty" names no engine/),
    );
    await rm(join(home(), '.docker'), { recursive: true });
  });

  describe('a configuration of Docker that names no context', () => {
    const config = () => join(home(), '.docker/config.json');
    before(() => mkdir(join(home(), '.docker'), { recursive: true }));
    after(() => rm(join(home(), '.docker'), { recursive: true }));

    for (const text of ['', '\n', '{}', '{"currentContext":""}']) {
      test(`hides nothing: ${JSON.stringify(text)}`, async () => {
        await writeFile(config(), text);
        const found = await findSockets(clean());
        assert.deepEqual(
          found.filter(({ source }) => !source.startsWith('usual place')),
          [],
        );
        assert.ok(found.length >= 4);
      });
    }

    for (const text of ['{"currentContext":', '[]x', '"desktop"', '\0']) {
      test(`is told with the places, and stops none of them: ${JSON.stringify(text)}`, async () => {
        await writeFile(config(), text);
        const [first, ...others] = await findSockets(clean());
        assert.equal(first?.problem?.code, 'ENGINE_CONTEXT_INVALID');
        assert.equal(first.socketPath, config());
        assert.ok(others.length >= 4 && others.every(({ problem }) => problem === undefined));
      });
    }

    test('does not hold anybody up by being a pipe', { timeout: 10_000 }, async () => {
      await rm(config(), { force: true });
      execFileSync('mkfifo', [config()]);
      const [first] = await findSockets(clean());
      assert.match(first?.problem?.message ?? '', /not a regular file/);
      await rm(config());
    });

    test('of another user is not believed: root would work on the engine of whoever left it', async (t) => {
      if (process.geteuid?.() !== 0) {
        t.skip('needs root, to make a file of another user');
        return;
      }
      await rm(config(), { force: true });
      await useContext('evil', 'unix:///tmp/evil.sock');
      await chown(config(), 65534, 65534);
      const [first, ...others] = await findSockets(clean());
      assert.match(first?.problem?.message ?? '', /belongs to user 65534/);
      assert.ok(!others.some(({ socketPath }) => socketPath.includes('evil')));
      await rm(config());
    });
  });

  test('a usual socket of another user is told, and not used', async (t) => {
    if (process.geteuid?.() !== 0) {
      t.skip('needs root, to make a socket of another user');
      return;
    }
    await using server = await startRecordingServer();
    const runtimeDirectory = join(folder, 'foreign');
    await mkdir(runtimeDirectory);
    await symlink(server.socketPath, join(runtimeDirectory, 'docker.sock'));
    await chown(server.socketPath, 65534, 65534);
    const environment = { ...clean(), XDG_RUNTIME_DIR: runtimeDirectory };
    const found = (await findSockets(environment)).find(
      ({ socketPath }) => socketPath === join(runtimeDirectory, 'docker.sock'),
    );
    assert.equal(found?.problem?.code, 'ENGINE_SOCKET_FOREIGN');
    assert.equal(server.requests.length, 0);
    // Whoever names it means it.
    await using engine = await connectEngine({ socketPath: join(runtimeDirectory, 'docker.sock') });
    assert.equal(engine.kind, 'docker');
  });

  test('an empty variable is one that is not set', async () => {
    const names = [
      'DOCKER_HOST',
      'CONTAINER_HOST',
      'DOCKER_CONTEXT',
      'DOCKER_CONFIG',
      'XDG_RUNTIME_DIR',
      'HOME',
    ];
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    const before = process.cwd();
    const elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'config.json'), '{"currentContext":"of-the-working-directory"}');
    process.chdir(elsewhere);
    try {
      assert.deepEqual(await findSockets(empty), await findSockets({}));
    } finally {
      process.chdir(before);
    }
  });

  test('a user who is in no list of users has the usual places', (t) => {
    const script = `import { findSockets } from './src/engine/index.ts';
      console.log(JSON.stringify((await findSockets({})).map(({ socketPath }) => socketPath)));`;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      [
        '--user',
        '--map-user=54321',
        process.execPath,
        '--import',
        'tsx',
        '--input-type=module',
        '--eval',
        script,
      ],
      { encoding: 'utf8', env: { PATH: process.env['PATH'] } },
    );
    if (stderr.includes('unshare')) {
      t.skip(`no user namespace can be made here: ${stderr}`);
      return;
    }
    assert.equal(status, 0, stderr);
    const found = JSON.parse(stdout) as string[];
    assert.ok(found.includes('/var/run/docker.sock'));
    assert.ok(found.includes('/run/user/54321/podman/podman.sock'));
  });

  test('a setting that does not work is an error that names it', async () => {
    const environment = { ...clean(), DOCKER_HOST: `unix://${folder}/gone.sock` };
    await assert.rejects(
      connectEngine({ environment }),
      unreachable('ENGINE_SOCKET_ABSENT', /gone\.sock does not exist \(DOCKER_HOST\)/),
    );
  });

  test('a usual place that refuses leads on to the next', async (t) => {
    if (
      (await findSockets(clean())).some(
        ({ socketPath }) => socketPath.startsWith('/run/podman') && existsSync(socketPath),
      )
    ) {
      t.skip('an engine of this machine would answer first');
      return;
    }
    await mkdir(join(folder, 'run/podman'), { recursive: true });
    const stale = join(folder, 'run/docker.sock');
    await using dead = await listen(stale, createServer());
    await makeStale(dead, stale);
    await using server = await startRecordingServer({ kind: 'podman' });
    await symlink(server.socketPath, join(folder, 'run/podman/podman.sock'));
    await using engine = await connectEngine({ environment: clean() });
    assert.equal(engine.socketPath, join(folder, 'run/podman/podman.sock'));
  });

  test('nothing anywhere is one error that tells every place', async (t) => {
    const environment = { HOME: join(folder, 'nobody'), XDG_RUNTIME_DIR: join(folder, 'nothing') };
    const error: unknown = await connectEngine({ environment }).then(
      async (engine) => {
        await engine.close();
      },
      (error: unknown) => error,
    );
    if (error === undefined) {
      t.skip('an engine of this machine answers');
      return;
    }
    assert.ok(error instanceof EngineUnreachableError && error.code === 'ENGINE_NONE_FOUND');
    assert.match(error.message, /usual place of Docker: .*docker\.sock/);
    assert.match(
      error.message,
      /usual place of rootless Podman: .*nothing\/podman\/podman\.sock does not exist/,
    );
  });
});

describe('a connection', { timeout }, () => {
  test('refuses options that it does not know', async () => {
    await assert.rejects(
      connectEngine({ socket: '/run/docker.sock' } as never),
      (error) => error instanceof InvalidOptionError && error.option === 'socket',
    );
    await assert.rejects(connectEngine({ limits: { headersMs: -1 } }), InvalidOptionError);
    await assert.rejects(connectEngine({ socketPath: 'relative.sock' }), InvalidOptionError);
  });

  test('that is closed ends its calls, and takes no more', async () => {
    const socketPath = join(folder, 'closing.sock');
    await using recorder = await startRecordingServer({ answer: () => new Promise(() => undefined) });
    await symlink(recorder.socketPath, socketPath);
    const engine = await connectEngine({ socketPath });
    const endings = [
      assert.rejects(engine.containers.wait('web'), EngineClosedError),
      assert.rejects(engine.images.list(), EngineClosedError),
    ];
    await engine.close();
    await Promise.all(endings);
    await assert.rejects(engine.images.list(), EngineClosedError);
    await engine.close();
  });
});

async function listen(
  socketPath: string,
  server: Server,
): Promise<AsyncDisposable & { socketPath: string; server: Server }> {
  const sockets = new Set<{ destroy(): unknown }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    socketPath,
    server,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) {
        server.close();
        await once(server, 'close');
      }
      await rm(socketPath, { force: true });
    },
  };
}

/** Leaves the socket file of a server that no longer listens: closing it would remove the file. */
async function makeStale({ server }: { server: Server }, socketPath: string): Promise<void> {
  await rename(socketPath, `${socketPath}.kept`);
  server.close();
  await once(server, 'close');
  await rename(`${socketPath}.kept`, socketPath);
}
