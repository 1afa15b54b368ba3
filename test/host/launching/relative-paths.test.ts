/** A relative path means the same before and after: what is judged is what is used, and the engine gets it absolute. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, describe, it } from 'node:test';
import { gatherHostFacts } from '../../../src/compatibility/index.ts';
import { connectEngine, PodmanServiceError, startPodmanService } from '../../../src/engine/index.ts';
import { startPlugin, subprocessRunner } from '../../../src/goplugin/index.ts';
import { fileStore, launchPlugin, PluginHost, type LaunchOptions } from '../../../src/index.ts';
import { startPodmanService as startThrowAway } from '../../../src/testing/index.ts';
import { bulkhead } from '../../cli/bulkhead.ts';
import { runInProcess } from '../../cli/in-process.ts';
import { loadEngines, noEngines } from '../../engines/engines.ts';
import { fixtureCommand, handshake } from '../../goplugin/fixtures/start.ts';
import { anyKeyValue, fixtureHandshake, loadFixture } from '../../plugins/images.ts';
import { ownSocketParent } from '../socket-parent.ts';

const start = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'b-rel-'));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

const testEngine = loadEngines().find(
  ({ kind, rootless, suite }) => kind === 'docker' && !rootless && suite === 'host',
);
const socketPath = testEngine?.services[0]?.socket ?? '';

describe(
  'a relative folder for sockets',
  { skip: testEngine === undefined && noEngines, timeout: 240_000 },
  () => {
    /** Gives the test a folder that the engine sees, by its relative path, and an image. */
    const withPlace = async (
      test: (place: { given: string; path: string; launch: LaunchOptions }) => Promise<void>,
    ): Promise<void> => {
      if (testEngine === undefined) return;
      await using engine = await connectEngine({ socketPath });
      await using parent = await ownSocketParent(testEngine);
      const image = await loadFixture(engine, anyKeyValue);
      assert.ok(image.skipped === undefined);
      const launch = {
        image: image.tag,
        handshake: fixtureHandshake,
        protocolVersions: [1],
        runtime: 'runc',
      };
      await test({ given: relative(start, parent.path), path: parent.path, launch });
      assert.deepEqual(readdirSync(parent.path), []);
    };

    it('of launchPlugin is resolved', () =>
      withPlace(async ({ given, launch }) => {
        await using engine = await connectEngine({ socketPath });
        await using plugin = await launchPlugin(engine, { ...launch, socketDirectory: given });
        await plugin.health();
      }));

    it('of a host is resolved when the host is opened, wherever the process works later', () =>
      withPlace(async ({ given, launch }) => {
        await using host = await PluginHost.open({ socketPath, socketDirectory: given });
        process.chdir('/');
        try {
          const checked = await host.check({ image: launch.image, runtime: 'runc' });
          assert.equal(checked.status, 'works', JSON.stringify(checked));
          await using plugin = await host.start(launch);
          await plugin.health();
        } finally {
          process.chdir(start);
        }
      }));

    it('in TMPDIR is resolved', () =>
      withPlace(async ({ given }) => {
        await using engine = await connectEngine({ socketPath });
        const image = await loadFixture(engine, 'node-vault-kv');
        assert.ok(image.skipped === undefined);
        const flags = ['-oci_runtime=runc', `-engine=${socketPath}`];
        const checked = bulkhead(['check', image.tag, ...flags], { TMPDIR: given });
        assert.equal(checked.status, 0, checked.stdout + checked.stderr);
        const call = ['call', image.tag, 'KV/Put', '{"key":"a"}', '-type=secret', ...flags];
        const called = bulkhead(call, { TMPDIR: given });
        assert.equal(called.status, 0, called.stderr);
      }));
  },
);

it('a relative temporary folder of a subprocess is resolved, whatever its working directory is', async () => {
  const [command = '', ...args] = fixtureCommand;
  const temporaryDirectory = relative(start, folder);
  await using plugin = await startPlugin({
    createRunner: subprocessRunner({ command, args, cwd: '/', temporaryDirectory }),
    handshake,
    protocolVersions: [1],
  });
  await plugin.health();
});

it('relative folders of a Podman service are resolved: the service has another working directory', async (t) => {
  const service = await startThrowAway({ parent: relative(start, folder) }).catch((error: unknown) => {
    if (!(error instanceof PodmanServiceError) || error.code !== 'PODMAN_MISSING') throw error;
    t.skip(error.message);
  });
  if (service === undefined) return;
  await using _service = service;
  assert.ok(service.socketPath.startsWith(folder));
  await using engine = await connectEngine({ socketPath: service.socketPath });
  assert.ok(engine.info.storageRoot.startsWith(folder), engine.info.storageRoot);
});

describe('a path with ~, which no shell has expanded,', () => {
  const said = /only a shell expands ~/;
  const launch = { image: 'localhost/nowhere:1', handshake: fixtureHandshake, protocolVersions: [1] };
  const options: readonly (readonly [string, () => unknown])[] = [
    ['socketDirectory of a host', () => PluginHost.open({ embedded: true, socketDirectory: '~/s' })],
    ['directory of a host', () => PluginHost.open({ embedded: true, directory: '~/s' })],
    ['podman.root', () => PluginHost.open({ embedded: true, podman: { root: '~/s' } })],
    ['podman.socketDirectory', () => PluginHost.open({ embedded: true, podman: { socketDirectory: '~' } })],
    ['directory of a store', () => fileStore('~/s')],
    ['root of a Podman service', () => startPodmanService({ root: '~/s', runRoot: '/r' })],
    ['tmpDir of a Podman service', () => startPodmanService({ tmpDir: '~/s' })],
    ['parent of a throw-away Podman', () => startThrowAway({ parent: '~/s' })],
    ['temporaryDirectory', () => subprocessRunner({ command: 'x', temporaryDirectory: '~/s' })],
    ['socketDirectory of facts', () => gatherHostFacts({ socketDirectory: '~/s' })],
    ['socketDirectory of a launch', () => launchPlugin({} as never, { ...launch, socketDirectory: '~/s' })],
    [
      'imageCacheDirectory of a launch',
      () => launchPlugin({} as never, { ...launch, imageCacheDirectory: '~/s' }),
    ],
  ];
  for (const [option, use] of options) {
    it(`is refused as ${option}`, async () => {
      await assert.rejects(
        () => Promise.resolve().then(use),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'INVALID_OPTION');
          assert.match(error.message, said);
          return true;
        },
      );
    });
  }

  const commands: readonly (readonly string[])[] = [
    ['check', 'x:1', '-socket_directory=~/s'],
    ['check', 'x:1', '-engine=~/docker.sock'],
    ['check', 'x:1', '-engine=unix://~/docker.sock'],
    ['plugin', 'list', '-directory=~/plugins'],
    ['doctor', '-record=~/facts.json'],
    ['matrix', '-facts=~/facts.json'],
    ['matrix', '-output=~/matrix.html'],
    ['matrix', '-require=~/cells'],
    ['plugin', 'runtime', 'register', '-engine_socket=~/docker.sock', 'mine'],
  ];
  for (const words of commands) {
    it(`is refused by the command: ${words.join(' ')}`, async () => {
      const { status, stdout, stderr } = await runInProcess(words);
      assert.match(stderr, said);
      assert.deepEqual([status, stdout], [2, '']);
    });
  }

  it('is refused in BULKHEAD_DIRECTORY', async () => {
    const { status, stderr } = await runInProcess(['plugin', 'list'], { BULKHEAD_DIRECTORY: '~/plugins' });
    assert.match(stderr, said);
    assert.equal(status, 2);
  });

  it('is told of TMPDIR by the doctor', () => {
    const { stdout } = bulkhead(['doctor', '-engine=/nonexistent.sock'], { TMPDIR: '~/tmp' });
    assert.match(stdout, /sockets +.*\/~\/tmp/);
  });
});

describe('nothing where a path is expected, as an unset variable of a shell gives it,', () => {
  for (const words of [
    ['check', 'x:1', '-socket_directory='],
    ['check', 'x:1', '-engine='],
    ['plugin', 'list', '-directory='],
    ['matrix', '-facts='],
  ]) {
    it(`is refused: ${words.join(' ')}`, async () => {
      const { status, stderr } = await runInProcess(words);
      assert.match(stderr, /not nothing/);
      assert.equal(status, 2);
    });
  }
});
