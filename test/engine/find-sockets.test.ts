/** What people's environments hold where an engine is looked for, and how each of them is understood. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import { connectEngine, findSockets, InvalidOptionError } from '../../src/engine/index.ts';
import { startRecordingServer } from '../../src/testing/index.ts';
import { runNodeAsUser } from '../engines/as-user.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';

const [otherUser] = loadEngines();
const noOtherUser =
  process.geteuid?.() === 0
    ? otherUser === undefined && noEngines
    : 'needs root, and the user of the engines';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulkhead-find-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const clean = () => ({ HOME: join(folder, 'nobody'), XDG_RUNTIME_DIR: join(folder, 'nothing') });

describe('a variable that names an engine', () => {
  const understood = [
    'unix:///run/x.sock',
    'UNIX:///run/x.sock',
    'unix:/run/x.sock',
    'unix:////run//x.sock',
    'unix:///run/x.sock/',
    '  unix:///run/x.sock\n',
    '/run/x.sock',
    '/run/x.sock/',
    'http+unix:///run/x.sock',
    'http+unix://%2Frun%2Fx.sock',
    'http+unix://%2frun%2fx.sock/',
  ];
  for (const name of ['DOCKER_HOST', 'CONTAINER_HOST'] as const) {
    for (const url of understood) {
      it(`${name}=${JSON.stringify(url)} is understood`, async () => {
        assert.deepEqual(await findSockets({ ...clean(), [name]: url }), [
          { socketPath: '/run/x.sock', source: name, explicit: true },
        ]);
      });
    }

    it(`${name} with nothing but space is not set`, async () => {
      assert.deepEqual(await findSockets({ ...clean(), [name]: ' \n' }), await findSockets(clean()));
    });

    for (const url of [
      'unix://',
      'unix://run/x.sock',
      'run/x.sock',
      '~/x.sock',
      'unix://~/x.sock',
      'unix://%2',
    ]) {
      it(`${name}=${url} is refused as no absolute path`, async () => {
        await assert.rejects(
          findSockets({ ...clean(), [name]: url }),
          (error) =>
            error instanceof InvalidOptionError &&
            error.option === name &&
            error.message.includes('absolute path'),
        );
      });
    }
  }

  it('with ~ says that only a shell expands it', async () => {
    await assert.rejects(
      findSockets({ ...clean(), DOCKER_HOST: 'unix://~/x.sock' }),
      /only a shell expands ~/,
    );
  });

  for (const url of [
    'tcp://127.0.0.1:2375',
    'ssh://root@host/run/podman.sock',
    'fd://',
    'http://localhost:2375',
  ]) {
    it(`${url} is refused by its scheme`, async () => {
      await assert.rejects(findSockets({ ...clean(), CONTAINER_HOST: url }), {
        code: 'ENGINE_SCHEME_UNSUPPORTED',
      });
    });
  }

  it('leads to the engine, with a slash at the end too', async () => {
    await using server = await startRecordingServer();
    const environment = { ...clean(), DOCKER_HOST: ` unix://${server.socketPath}/ ` };
    await using engine = await connectEngine({ environment });
    assert.equal(engine.socketPath, server.socketPath);
  });

  it('fixes the API version, with space around it too', async () => {
    await using server = await startRecordingServer();
    const environment = {
      ...clean(),
      DOCKER_HOST: `unix://${server.socketPath}`,
      DOCKER_API_VERSION: ' v1.44\n',
    };
    await using engine = await connectEngine({ environment });
    assert.equal(engine.apiVersion, '1.44');
  });
});

describe('a home or a runtime folder', () => {
  const program = `import { findSockets } from './src/engine/index.ts';
    process.chdir(process.argv[1]);
    console.log(JSON.stringify(await findSockets()));`;
  /** Looks for sockets in a process whose working directory holds a configuration of Docker that nobody chose. */
  const inProcess = async (environment: Record<string, string>) => {
    const elsewhere = join(folder, 'elsewhere');
    for (const place of ['.docker', 'home/.docker', '.']) {
      await mkdir(join(elsewhere, place), { recursive: true });
      await writeFile(join(elsewhere, place, 'config.json'), '{"currentContext":"of-the-working-directory"}');
    }
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program, elsewhere],
      { encoding: 'utf8', env: { PATH: process.env['PATH'], ...environment } },
    );
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as { socketPath: string; source: string }[];
  };

  for (const [name, value] of [
    ['HOME', ''],
    ['HOME', '.'],
    ['HOME', 'home'],
    ['XDG_RUNTIME_DIR', ''],
    ['XDG_RUNTIME_DIR', 'run'],
    ['DOCKER_CONFIG', ''],
    ['DOCKER_CONTEXT', ''],
  ] as const) {
    it(`${name}=${JSON.stringify(value)} counts as not set, wherever the process works`, async () => {
      assert.deepEqual(await inProcess({ [name]: value }), await inProcess({}));
    });
  }

  it('that does not exist hides nothing', async () => {
    const found = await findSockets({ HOME: '/nonexistent/home', XDG_RUNTIME_DIR: '/nonexistent/run' });
    assert.ok(found.length >= 4 && found.every(({ problem }) => problem === undefined));
  });
});

describe("Docker's configuration", () => {
  let home: string;
  const config = () => join(home, '.docker/config.json');
  const metaOf = (name: string) =>
    join(home, '.docker/contexts/meta', createHash('sha256').update(name).digest('hex'), 'meta.json');
  const find = () => findSockets({ ...clean(), HOME: home });
  beforeEach(async () => {
    home = await mkdtemp(join(folder, 'home-'));
    await mkdir(join(home, '.docker'));
  });

  const unusable: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    ['is a folder', () => mkdir(config()), /not a regular file/],
    [
      'is a pipe',
      () => {
        execFileSync('mkfifo', [config()]);
        return Promise.resolve();
      },
      /not a regular file/,
    ],
    ['is huge', () => writeFile(config(), ' '.repeat(1024 * 1024 + 1)), /longer than/],
    ['is a link to itself', () => symlink('config.json', config()), /ELOOP/],
    ['has a context that is no text', () => writeFile(config(), '{"currentContext":7}'), /not a text/],
    ['has a list for a context', () => writeFile(config(), '{"currentContext":["a"]}'), /not a text/],
  ];
  for (const [what, make, said] of unusable) {
    it(`that ${what} is told with the places, and stops none of them`, { timeout: 10_000 }, async () => {
      await make();
      const [first, ...others] = await find();
      assert.equal(first?.problem?.code, 'ENGINE_CONTEXT_INVALID');
      assert.match(first.problem.message, said);
      assert.deepEqual(others, await findSockets({ ...clean(), HOME: home, DOCKER_CONTEXT: 'default' }));
    });
  }

  it('that this user may not read is told, with what to do', { skip: noOtherUser }, async () => {
    assert.ok(otherUser);
    home = await mkdtemp(join(otherUser.shareDirectory, 'home-'));
    try {
      await chmod(home, 0o755);
      await mkdir(join(home, '.docker'));
      await writeFile(config(), '{}', { mode: 0o600 });
      const program = `import { findSockets } from './src/engine/index.ts';
        const [first, ...others] = await findSockets();
        console.log(JSON.stringify([first.problem.message, first.problem.hint, others.length]));`;
      const child = runNodeAsUser(['--import', 'tsx', '--input-type=module', '--eval', program], {
        engine: otherUser,
        environment: { HOME: home },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      assert.ok(child.stdout);
      const [message, hint, others] = JSON.parse(await text(child.stdout)) as [string, string, number];
      assert.match(message, /EACCES/);
      assert.match(hint, /HOME/);
      assert.ok(others >= 4);
    } finally {
      await rm(home, { recursive: true });
    }
  });

  it('named with ~ is told, and not looked for in a folder of that name', async () => {
    const [first, ...others] = await findSockets({ ...clean(), DOCKER_CONFIG: '~/.docker' });
    assert.match(first?.problem?.message ?? '', /only a shell expands ~/);
    assert.ok(others.length >= 4);
  });

  const broken: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    ['is missing', () => Promise.resolve(), /no such context/],
    ['is empty', () => writeFile(metaOf('mine'), ''), /no such context/],
    ['is torn', () => writeFile(metaOf('mine'), '{"Endpoints":'), /can't be read/],
    ['is a list', () => writeFile(metaOf('mine'), '[]'), /names no engine/],
    ['has no end', () => writeFile(metaOf('mine'), '{"Endpoints":{"docker":null}}'), /names no engine/],
    ['is a folder', () => mkdir(metaOf('mine')), /not a regular file/],
  ];
  for (const [what, make, said] of broken) {
    it(`whose context ${what} is an error of its own`, async () => {
      await writeFile(config(), '{"currentContext":"mine"}');
      await mkdir(join(metaOf('mine'), '..'), { recursive: true });
      await make();
      await assert.rejects(find(), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'ENGINE_CONTEXT_INVALID');
        assert.match(error.message, said);
        return true;
      });
    });
  }
});

it('a usual place where something strange answers does not stop the next one', async (t) => {
  const runtimeDirectory = await mkdtemp(join(folder, 'run-'));
  await mkdir(join(runtimeDirectory, 'podman'));
  const strange = createServer((_request, response) => {
    response
      .setHeader('api-version', '1.44')
      .setHeader('server', 'Docker/25.0.0')
      .end('nothing of an engine');
  });
  t.after(() => strange.close());
  strange.listen(join(runtimeDirectory, 'docker.sock'));
  await once(strange, 'listening');
  await using server = await startRecordingServer({ kind: 'podman' });
  await symlink(server.socketPath, join(runtimeDirectory, 'podman/podman.sock'));
  await using engine = await connectEngine({
    environment: { ...clean(), XDG_RUNTIME_DIR: runtimeDirectory },
  });
  if (!engine.socketPath.startsWith(runtimeDirectory)) {
    t.skip('an engine of this machine answers first');
    return;
  }
  assert.equal(engine.socketPath, join(runtimeDirectory, 'podman/podman.sock'));
});
