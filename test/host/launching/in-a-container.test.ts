/**
 * The command line in a container, with the socket of the engine mounted. The engine makes the mounts of plugins from the
 * folders of the machine, so the folder for sockets has to be one of those.
 */
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { connectEngine, type CreateContainerOptions, type Engine } from '../../../src/engine/index.ts';
import { loadImage, packNodePlugin } from '../../../src/packing/index.ts';
import { loadEngines, noEngines, type TestEngine } from '../../engines/engines.ts';
import { testsInTurn } from '../../engines/in-turn.ts';
import { builtPackage } from '../../plugins/built-package.ts';
import { checkout } from '../../plugins/cache.ts';
import { loadFixture } from '../../plugins/images.ts';
import { packedNode } from '../../plugins/node-programs.ts';
import { ownSocketParent } from '../socket-parent.ts';

const commandLine = 'localhost/bulkhead-test/command-line:1';
const packages = ['@grpc/grpc-js', 'protobufjs', 'tar-stream', 'undici', 'zod'];

const rootful = loadEngines().filter(({ rootless, suite }) => !rootless && suite === 'host');
if (rootful.length === 0) it('a host in a container', { skip: noEngines }, () => undefined);

for (const [place, testEngine] of rootful.entries()) {
  const itInTurn = testsInTurn(place, rootful.length);
  const socket = testEngine.services.find(({ runtime }) => runtime === 'runc')?.socket ?? '';
  describe(`a host in a container of ${testEngine.name}`, { timeout: 600_000 }, () => {
    let engine: Engine;
    let plugin: string;
    let sockets: { readonly path: string } & AsyncDisposable;
    before(async () => {
      engine = await connectEngine({ socketPath: socket });
      sockets = await ownSocketParent(testEngine);
      const fixture = await loadFixture(engine, 'node-vault-kv');
      if (fixture.skipped !== undefined) throw new Error(fixture.skipped);
      plugin = fixture.tag;
      await loadImage(
        engine,
        await packNodePlugin({
          tag: commandLine,
          nodeBinary: packedNode(),
          directory: await builtPackage(),
          main: 'dist/cli/main.js',
          packages,
          packagesFrom: checkout,
          user: '0:0',
        }),
      );
    });
    after(async () => {
      await sockets[Symbol.asyncDispose]();
      await engine.close();
    });

    /** Runs `bulkhead ARGUMENTS...` in a container with the engine's socket. */
    const inContainer = (args: readonly string[], mounts: CreateContainerOptions['mounts'] = []) =>
      runToItsEnd(
        engine,
        testEngine,
        [...args],
        [{ type: 'bind', source: socket, target: '/run/engine.sock' }, ...mounts],
      );
    const ofPlugin = ['-type=secret', '-oci_runtime=runc', '-engine=/run/engine.sock'];
    const call = (...flags: string[]) => ['call', plugin, 'KV/Put', '{"key":"a"}', ...ofPlugin, ...flags];
    const check = (...flags: string[]) => [
      'check',
      plugin,
      '-oci_runtime=runc',
      '-engine=/run/engine.sock',
      ...flags,
    ];

    itInTurn(
      'is told before a launch that the folder is not the one of the machine, and where to take one from',
      async () => {
        for (const args of [check(), call()]) {
          const { exitCode, output } = await inContainer(args);
          assert.match(output, /the engine does not see \/tmp of this host/);
          assert.match(output, /-socket_directory[\s\S]*docker run -v/);
          assert.equal(exitCode, 1, output);
        }
      },
    );

    itInTurn('is told the same of a folder that is mounted at another path', async () => {
      const mounts = [{ type: 'bind', source: sockets.path, target: '/sockets' }] as const;
      const { exitCode, output } = await inContainer(check('-socket_directory=/sockets'), mounts);
      assert.match(output, /the engine does not see \/sockets of this host/);
      assert.equal(exitCode, 1, output);
    });

    itInTurn('works with a folder of the machine that is mounted at the same path', async () => {
      const mounts = [{ type: 'bind', source: sockets.path, target: sockets.path }] as const;
      const where = `-socket_directory=${sockets.path}`;
      const checked = await inContainer(check(where), mounts);
      assert.deepEqual([checked.exitCode, checked.output.includes('works on')], [0, true], checked.output);
      const called = await inContainer(call(where), mounts);
      assert.equal(called.exitCode, 0, called.output);
      assert.match(called.output, /^{}$/m);
    });

    itInTurn('is told after a launch that was made all the same what the engine did not find', async () => {
      const { exitCode, output } = await inContainer(call('-override=refused'));
      assert.match(output, /SOCKET_DIRECTORY_FAILED: the engine does not see the folder for sockets/);
      assert.match(output, /Hint: [\s\S]*-socket_directory/);
      assert.equal(exitCode, 3, output);
    });
  });
}

async function runToItsEnd(
  engine: Engine,
  { kind }: TestEngine,
  cmd: readonly string[],
  mounts: CreateContainerOptions['mounts'],
): Promise<{ exitCode: number; output: string }> {
  const { id } = await engine.containers.create({
    image: commandLine,
    cmd: [...cmd],
    mounts,
    network: 'none',
    logDriver: 'none',
    ...(kind === 'docker' && { runtime: 'runc' }),
  });
  try {
    await using attached = await engine.containers.attach(id, { stdout: true, stderr: true });
    const [stdout, stderr] = [attached.stdout, attached.stderr].map(readWhole);
    await engine.containers.start(id);
    const { exitCode } = await engine.containers.wait(id);
    return { exitCode, output: `${await stdout}${await stderr}` };
  } finally {
    await engine.containers.remove(id, { force: true });
  }
}

async function readWhole(stream: AsyncIterable<Uint8Array> | undefined): Promise<string> {
  return stream === undefined ? '' : text(stream);
}
