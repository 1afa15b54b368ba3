/** What Podman answers 500 to because the container has just ended is taken for what it is: an end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchPlugin } from '../../src/container/index.ts';
import {
  connectEngine,
  ConflictError,
  EngineOperationError,
  NotFoundError,
  type Engine,
} from '../../src/engine/index.ts';
import { startFaultProxy, type FaultProxy } from '../../src/testing/index.ts';
import { loadEngines } from '../engines/engines.ts';
import { anyKeyValue, fixtureHandshake, loadFixture } from '../plugins/images.ts';
import { failedAnswer } from './support/failed-answer.ts';
import { connectWithImage, createTestContainer, describeEngines } from './support/real-engines.ts';

const timeout = 60_000;

/** Podman 5.4.2 with runsc, to the kill of a container that had ended. */
const failure = failedAnswer('`/usr/bin/runsc kill 3f2a 9` failed: exit status 128', 'exit status 128');

/** Answers the next request of this kind with the failure; the engine hears of it only where it is asked. */
function failNext(proxy: FaultProxy, request: RegExp, { asked = false } = {}): void {
  proxy.fault = ({ method, target }) => {
    if (!request.test(`${method} ${target}`)) return { kind: 'none' };
    proxy.fault = { kind: 'none' };
    return { kind: 'replace', bytes: failure, asked };
  };
}

describeEngines('a failure of the engine at a container that', (real) => {
  test('has ended is an end', { timeout }, async () => {
    await using direct = await connectWithImage(real);
    await using proxy = await startFaultProxy({ target: real.socketPath });
    await using engine = await connectEngine({ socketPath: proxy.socketPath });
    await using container = await ended(direct);
    const { id } = container;

    failNext(proxy, /^POST .*\/kill/);
    await assert.rejects(
      engine.containers.kill(id),
      (error) => error instanceof ConflictError && error.message.includes('exit status 128'),
    );
    failNext(proxy, /^POST .*\/stop/);
    assert.deepEqual(await engine.containers.stop(id), { alreadyStopped: true });
    failNext(proxy, /^POST .*\/restart/);
    await engine.containers.restart(id, { timeoutSeconds: 0 });
    assert.equal((await direct.containers.wait(id)).exitCode, 7);
    failNext(proxy, /^DELETE /);
    await engine.containers.remove(id, { force: true });
    await assert.rejects(direct.containers.inspect(id), NotFoundError);
    failNext(proxy, /^POST .*\/kill/);
    await assert.rejects(engine.containers.kill(id), NotFoundError);
  });

  test('runs on is a failure', { timeout }, async () => {
    await using direct = await connectWithImage(real);
    await using proxy = await startFaultProxy({ target: real.socketPath });
    await using engine = await connectEngine({ socketPath: proxy.socketPath });
    await using container = await createTestContainer(direct, 'exec sleep 1000');
    await direct.containers.start(container.id);
    failNext(proxy, /^POST .*\/kill/);
    await assert.rejects(engine.containers.kill(container.id), EngineOperationError);
    assert.equal((await direct.containers.inspect(container.id)).state.running, true);
  });
});

async function ended(engine: Engine): Promise<AsyncDisposable & { id: string }> {
  const container = await createTestContainer(engine, 'exit 7');
  await engine.containers.start(container.id);
  await engine.containers.wait(container.id);
  return container;
}

const gvisor = loadEngines()
  .filter(({ kind, rootless, suite }) => kind === 'podman' && !rootless && suite === 'host')
  .flatMap(({ services, shareDirectory }) =>
    services.filter(({ runtime }) => runtime === 'runsc').map(({ socket }) => ({ socket, shareDirectory })),
  );

test(
  'a plugin that ends while it is killed has ended, and its exit is told',
  { timeout, skip: gvisor.length === 0 && 'no Podman with runsc is up: run scripts/engines up' },
  async () => {
    for (const { socket, shareDirectory } of gvisor) {
      await using proxy = await startFaultProxy({ target: socket });
      await using engine = await connectEngine({ socketPath: proxy.socketPath });
      const image = await loadFixture(engine, anyKeyValue);
      assert.ok(image.skipped === undefined);
      await using plugin = await launchPlugin(engine, {
        image: image.tag,
        handshake: fixtureHandshake,
        protocolVersions: [1],
        runtime: 'runsc',
        socketDirectory: shareDirectory,
        override: 'unknown', // how Podman runs runsc is not seen through the proxy
      });
      failNext(proxy, /^POST .*\/kill/, { asked: true });
      assert.equal((await plugin.stop({ graceMs: 0 })).code, 137);
    }
  },
);
