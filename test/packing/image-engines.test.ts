import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { after, describe, test } from 'node:test';
import { loadImage, packNodePlugin, writeImageArchive, type PackedImage } from '../../src/packing/index.ts';
import {
  connectEngine,
  EngineOperationError,
  type CreateContainerOptions,
  type Engine,
} from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { packedNode } from '../plugins/node-programs.ts';
import { tinyProgram } from '../program/tiny-program.ts';

const engines = loadEngines();
const skip =
  engines.length === 0 ? noEngines : process.arch === 'x64' ? false : 'the test program is for x86-64';

describe('packed images on real engines', { skip, timeout: 600_000 }, () => {
  // Packed once, and loaded once into each store: services of one engine may share theirs.
  let nodeImage: Promise<PackedImage> | undefined;
  after(async () => {
    if (nodeImage === undefined) return;
    const { tag } = await nodeImage;
    for (const { socket } of engines.flatMap(({ services }) => services)) {
      await using engine = await connectEngine({ socketPath: socket });
      await removeIfThere(engine, tag);
    }
  });

  for (const { suite, name, version, services } of engines) {
    for (const { runtime, runtimeVersion, socket } of services) {
      describe(`${suite} ${name} ${version} with ${runtime}`, () => {
        const label = `localhost/bulkhead-test/${suite}-${name}-${runtime}`.toLowerCase();

        test('has what was packed, is sent it once, and again when it changed', async () => {
          await using engine = await connectEngine({ socketPath: socket });
          const tag = `${label}-load:1`;
          await removeIfThere(engine, tag);
          try {
            const first = await tinyImage(tag, { env: { A: '1' } });
            const loaded = await loadImage(engine, first);
            assert.equal(loaded.sent, true);
            const inspected = await engine.images.inspect(tag);
            assert.deepEqual(inspected.layers, [first.diffId]);
            assert.equal(inspected.architecture, 'amd64');
            assert.equal(inspected.config.user, '65532:65532');
            assert.ok(inspected.config.env.includes('A=1'));
            assert.deepEqual(inspected.config.entrypoint, ['/hello']);
            if (!isContainerdStore(engine, inspected.id, first)) assert.equal(inspected.id, first.imageId);

            assert.deepEqual(await loadImage(engine, first), { id: loaded.id, sent: false });
            const changed = await loadImage(engine, await tinyImage(tag, { env: { A: '2' } }));
            assert.equal(changed.sent, true);
            assert.notEqual(changed.id, loaded.id);
            await engine.images.remove(loaded.id);
          } finally {
            await removeIfThere(engine, tag);
          }
        });

        test('runs the program that was packed', async () => {
          await using engine = await connectEngine({ socketPath: socket });
          const image = await tinyImage(`${label}-run:1`);
          try {
            await loadImage(engine, image);
            const outcome = await run(engine, { image: image.tag, runtime });
            assert.deepEqual(outcome, { stdout: 'hello from inside\n', stderr: '', exitCode: 5 });
          } finally {
            await removeIfThere(engine, image.tag);
          }
        });

        test('keeps the file capability: without it in the container, the program can not be started', async (t) => {
          if (runtime === 'runsc' && runtimeVersion.includes('2022')) {
            t.skip(`runsc ${runtimeVersion} ignores file capabilities`);
            return;
          }
          await using engine = await connectEngine({ socketPath: socket });
          const image = await tinyImage(`${label}-capability:1`, { fileCapabilities: ['IPC_LOCK'] });
          try {
            await loadImage(engine, image);
            const allowed = await run(engine, { image: image.tag, runtime, capAdd: ['IPC_LOCK'] });
            assert.equal(allowed.exitCode, 5);
            // The engine says so at the start (with or without the reason), or the program ends without a word of its own.
            const refused = await run(engine, { image: image.tag, runtime }).catch((error: unknown) => error);
            assert.ok(
              refused instanceof EngineOperationError || (refused as Outcome).stdout === '',
              String(refused),
            );
          } finally {
            await removeIfThere(engine, image.tag);
          }
        });

        test('starts the Node.js that was packed, with the libraries it needs, as an unprivileged user', async () => {
          await using engine = await connectEngine({ socketPath: socket });
          const image = await (nodeImage ??= packNodeImage());
          await loadImage(engine, image);
          const outcome = await run(engine, { image: image.tag, runtime });
          assert.deepEqual(outcome, { stdout: '3 65532 nonroot\n', stderr: '', exitCode: 0 });
        });
      });
    }
  }
});

function packNodeImage(): Promise<PackedImage> {
  const script =
    'console.log(process.versions.node.split(".").length, process.getuid(), require("os").userInfo().username)';
  return packNodePlugin({
    tag: 'localhost/bulkhead-test/packed-node:1',
    nodeBinary: packedNode(),
    files: [{ path: '/plugin/main.cjs', content: script }],
    main: 'main.cjs',
  });
}

function tinyImage(
  tag: string,
  options: { env?: Record<string, string>; fileCapabilities?: string[] } = {},
): Promise<PackedImage> {
  const { env, fileCapabilities } = options;
  const content = tinyProgram('hello from inside\n', 5);
  return writeImageArchive({
    tag,
    files: [{ path: '/hello', content, mode: 0o755, fileCapabilities }],
    entrypoint: ['/hello'],
    user: '65532:65532',
    architecture: 'amd64',
    env,
  });
}

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A runsc on a busy rootless Docker may fail to start with `oom_score_adj: permission denied`; the next start works. */
async function run(engine: Engine, options: CreateContainerOptions, tries = 4): Promise<Outcome> {
  try {
    return await runOnce(engine, options);
  } catch (error) {
    if (tries === 1 || !(error instanceof Error) || !error.message.includes('oom_score_adj')) throw error;
    return run(engine, options, tries - 1);
  }
}

async function runOnce(engine: Engine, options: CreateContainerOptions): Promise<Outcome> {
  const { id } = await engine.containers.create({
    network: 'none',
    capDrop: ['ALL'],
    readOnlyRootFilesystem: true,
    ...options,
  });
  try {
    await using attached = await engine.containers.attach(id);
    const output = Promise.all([text(attached.stdout), text(attached.stderr)]);
    output.catch(() => undefined);
    await engine.containers.start(id);
    const { exitCode } = await engine.containers.wait(id);
    const [stdout, stderr] = await output;
    return { stdout, stderr, exitCode };
  } finally {
    await engine.containers.remove(id, { force: true });
  }
}

async function text(stream: AsyncIterable<Uint8Array>): Promise<string> {
  return (await buffer(Readable.from(stream, { objectMode: false }))).toString();
}

/** Docker's containerd store names images by their manifest, so that the promised id is not theirs. */
function isContainerdStore(engine: Engine, id: string, image: PackedImage): boolean {
  return engine.kind === 'docker' && Number.parseInt(engine.version) >= 28 && id !== image.imageId;
}

async function removeIfThere(engine: Engine, tag: string): Promise<void> {
  await engine.images.remove(tag).catch(() => undefined);
}
