/**
 * What an image's configuration makes an engine add to a container is known before the launch, and answered: the
 * container has it not, or the launch is refused with the words that allow it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launchPlugin, planLaunch } from '../../src/container/index.ts';
import { connectEngine, NotFoundError, type Engine } from '../../src/engine/index.ts';
import { systemFiles, type ImageFile } from '../../src/packing/index.ts';
import { noEngines } from '../engines/engines.ts';
import { inTurn } from '../engines/in-turn.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { configuredImage, type ConfiguredImage } from '../plugins/configured-image.ts';
import { goOnThePath, goProber, noGo } from '../plugins/go-programs.ts';
import { tinyProgram } from '../program/tiny-program.ts';
import { probe, probeLaunch } from './probe.ts';
import { suites } from './test-engines.ts';

const all = suites();
const limits = { timeout: 240_000 };
const reason = all.size === 0 ? noEngines : goOnThePath() === undefined ? noGo : undefined;
if (reason !== undefined) it('answers the settings of images', { skip: reason }, () => undefined);

const volumes = (...paths: string[]) => ({ Volumes: Object.fromEntries(paths.map((path) => [path, {}])) });

/** Settings that change nothing about a plugin, all of them at once. */
const harmless = {
  Healthcheck: { Test: ['CMD-SHELL', 'exit 1'], Interval: 1_000_000_000, Retries: 1 },
  Labels: { 'io.bulkhead.test': 'of the image', maintainer: 'somebody' },
  StopSignal: 'SIGBANANA',
  StopTimeout: 3,
  OnBuild: ['RUN false'],
  Shell: ['/bin/ash', '-c'],
  ArgsEscaped: true,
  ExposedPorts: { '80/tcp': {}, '53/udp': {}, '36412/sctp': {}, '8000-8010/tcp': {} },
  WorkingDir: '/not/there/../yet',
  Env: [
    'PATH=/bin',
    'TWICE=1',
    'TWICE=2',
    'HOME',
    'LD_PRELOAD=/nowhere.so',
    'BASIC_PLUGIN=another cookie',
    'PLUGIN_MIN_PORT=1',
    'PLUGIN_MAX_PORT=1',
    'PLUGIN_PROTOCOL_VERSIONS=99',
    'PLUGIN_UNIX_SOCKET_DIR=/nowhere',
    'PLUGIN_UNIX_SOCKET_GROUP=4711',
    'PLUGIN_CLIENT_CERT=no certificate',
    'PLUGIN_MULTIPLEX_GRPC=true',
  ],
};

/** Volumes at ordinary and at awkward paths, which all can be replaced. */
const replaceable = [
  '/data',
  '/data/',
  '/data/nested/deeper',
  '/srv/../var//lib/./state/',
  '/tmp',
  '/run',
  '/run/bulkhead',
  '/linked/inside',
  '/with space',
];

interface Refused {
  readonly name: string;
  readonly rule: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly files?: readonly ImageFile[];
  /** The only engine that it is refused by. */
  readonly only?: 'podman';
}

const link = (path: string, symlink: string): ImageFile => ({ path, symlink });

const refused: readonly Refused[] = [
  {
    name: 'a volume with files',
    rule: 'image-volumes',
    config: volumes('/data/'),
    files: [{ path: '/data/deep/model', content: 'x' }],
  },
  { name: 'a volume that is a file', rule: 'image-volumes', config: volumes('/plugin') },
  { name: 'a volume at the root', rule: 'image-volumes', config: volumes('/x/..') },
  { name: 'a volume at no absolute path', rule: 'image-volumes', config: volumes('data') },
  { name: 'a volume with a colon', rule: 'image-volumes', config: volumes('/data:ro') },
  { name: "a volume in the kernel's folders", rule: 'image-volumes', config: volumes('/proc/data') },
  { name: 'a volume among the devices', rule: 'image-volumes', config: volumes('/dev/shm/data') },
  { name: 'a volume below the sockets', rule: 'image-volumes', config: volumes('/run/bulkhead/data') },
  {
    name: 'a volume that leads to the sockets',
    rule: 'image-volumes',
    config: volumes('/a/b/c/d'),
    files: [link('/a/b/c/d', '/run')],
  },
  {
    name: 'a volume that is a circle of links',
    rule: 'image-volumes',
    config: volumes('/a'),
    files: [link('/a', 'b'), link('/b', 'a')],
  },
  {
    name: 'too many volumes',
    rule: 'image-volumes',
    config: volumes(...Array.from({ length: 65 }, (_, index) => `/v/${index}`)),
  },
  {
    name: 'a working directory that is relative',
    rule: 'image-working-directory',
    config: { WorkingDir: 'app' },
  },
  {
    name: 'a working directory that is a file',
    rule: 'image-working-directory',
    config: { WorkingDir: '/plugin' },
  },
  {
    name: 'exposed ports that are none',
    rule: 'image-exposed-ports',
    config: { ExposedPorts: { banana: {}, '99999/tcp': {}, '80/quic': {}, '90-80/tcp': {} } },
    only: 'podman',
  },
  { name: 'a user that it does not know', rule: 'user-exists', config: { User: 'nobody-here' } },
];

for (const [suite, testEngines] of reason === undefined ? all : []) {
  for (const testEngine of testEngines) {
    describe(`settings of images on ${suite} ${testEngine.name}`, () => {
      let parent: Awaited<ReturnType<typeof ownSocketParent>>;
      const engines = new Map<string, Engine>();
      const tags: string[] = [];
      before(async () => {
        parent = await ownSocketParent(testEngine);
        for (const { runtime, socket } of testEngine.services)
          engines.set(runtime, await connectEngine({ socketPath: socket }));
      });
      after(async () => {
        for (const engine of engines.values()) {
          for (const tag of tags) await engine.images.remove(tag).catch(goneAlready);
          await engine.close();
        }
        await parent[Symbol.asyncDispose]();
      });

      /** Loads an image of the prober with this configuration. Each service of Podman has a store of its own. */
      const load = async (
        name: string,
        given: Partial<ConfiguredImage> & { readonly program?: Uint8Array },
      ): Promise<string> => {
        const tag = `localhost/bulkhead-test/settings-${name.replace(/\W+/g, '-').toLowerCase()}:1`;
        const { files = [], program = { file: await goProber() }, ...more } = given;
        const archive = await configuredImage({
          tag,
          files: [...systemFiles(), { path: '/plugin', content: program, mode: 0o755 }, ...files],
          user: '65532:65532',
          ...more,
        });
        tags.push(tag);
        for (const engine of testEngine.kind === 'docker'
          ? [...engines.values()].slice(0, 1)
          : engines.values())
          await engine.images.load(archive);
        return tag;
      };

      let launches = testEngines.indexOf(testEngine);
      /** Launches the plugin with a runtime, and calls it. */
      const launched = async (
        image: string,
        options: object = {},
        look: (engine: Engine, id: string) => Promise<void> = () => Promise.resolve(),
      ): Promise<void> => {
        launches += 1;
        for (const [runtime, engine] of inTurn([...engines], launches)) {
          const launch = { image, runtime, ...probeLaunch(parent.path, { mlock: false }), ...options };
          const plan = await planLaunch(engine, launch);
          assert.equal(plan.verdict.status, 'works', `${runtime}: ${JSON.stringify(plan.verdict)}`);
          await using plugin = await launchPlugin(engine, launch);
          await probe(plugin, { signal: AbortSignal.timeout(30_000) });
          assert.ok(plugin.id !== undefined);
          await look(engine, plugin.id);
        }
      };

      it('puts a file system in memory in place of each volume', limits, async () => {
        const tag = await load('volumes', {
          config: volumes(...replaceable),
          files: [link('/linked', '/var/lib'), { path: '/var/lib/inside', directory: true }],
        });
        await launched(tag, { volumeBytes: 1 << 20 }, async (engine, id) => {
          const { mounts } = await engine.containers.inspect(id);
          const found = mounts.map(({ type, target }) => `${type} ${target}`);
          assert.deepEqual(
            found.filter((mount) => !mount.startsWith('tmpfs ')),
            ['bind /run/bulkhead'],
          );
          // Podman lists a mount behind a link no more once it runs.
          for (const path of [
            '/data',
            '/data/nested/deeper',
            '/run',
            '/tmp',
            '/var/lib/state',
            '/with space',
          ])
            assert.ok(found.includes(`tmpfs ${path}`), `${path}: ${found.join()}`);
          for (const { type, options } of mounts)
            if (type === 'tmpfs') assert.ok(/size=(1048576|1024k|1m)/.test(options.join()), options.join());
        });
      });

      it(
        'lets a launch name the file system in place of a volume, with files or without',
        limits,
        async () => {
          const tag = await load('named volume', {
            config: volumes('/data'),
            files: [{ path: '/data/model', content: 'x' }],
          });
          await launched(tag, { tmpfs: [{ path: '/data/', sizeBytes: 2 << 20 }, { path: '/scratch' }] });
        },
      );

      it('starts a plugin whatever else the image says', limits, async () => {
        await launched(await load('harmless', { config: harmless }));
      });

      for (const [index, { name, rule, config, files = [], only }] of refused.entries()) {
        const having = testEngines.filter(({ kind }) => only === undefined || kind === only);
        if (!inTurn(having, index).includes(testEngine)) continue;
        it(`refuses ${name}`, limits, async () => {
          const tag = await load(name, { config, files, program: tinyProgram('not started') });
          const [[runtime, engine] = []] = engines;
          assert.ok(runtime !== undefined && engine !== undefined);
          const options = { image: tag, runtime, socketDirectory: parent.path };
          const { verdict, refusal } = await planLaunch(engine, options);
          assert.equal(verdict.status, 'refused', JSON.stringify(verdict));
          assert.deepEqual(
            verdict.reasons.map((one) => one.rule),
            [rule],
          );
          assert.equal(refusal?.code, 'LAUNCH_REFUSED');
        });
      }

      it('says before the launch what a volume becomes', limits, async () => {
        const tag = await load('told', { config: volumes('/data') });
        for (const [runtime, engine] of engines) {
          const { verdict } = await planLaunch(engine, { image: tag, runtime, socketDirectory: parent.path });
          const [told] = verdict.notes.filter((one) => one.rule === 'image-volumes');
          assert.match(told?.observed ?? '', /\/data \(64 MiB\)/);
        }
      });
    });
  }
}

function goneAlready(error: unknown): void {
  if (!(error instanceof NotFoundError)) throw error;
}
