/** Pulling, from a registry that each engine finds at a port in its own network namespace. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectEngine, EngineError, NotFoundError } from '../../src/engine/index.ts';
import { hasContainerdStore } from '../engines/containerd-store.ts';
import { describeEngines } from './support/real-engines.ts';
import { hasStrayed, registryAddress, relayBeside } from './support/relay.ts';
import { startTinyRegistry } from './support/tiny-registry.ts';

const timeout = 60_000;
const credentials = { username: 'me', password: 'hush' };

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
});
after(() => rm(folder, { recursive: true, force: true }));

describeEngines('an image in a registry', (real) => {
  const { socketPath, kind } = real;
  test('is pulled with the credentials given, and with progress', { timeout }, async (t) => {
    if (kind === 'docker' && (await hasStrayed(socketPath))) {
      t.skip('threads of this engine are in the networks of containers by now');
      return;
    }
    const registrySocket = join(folder, 'registry.sock');
    await using registry = await startTinyRegistry('web', credentials, registrySocket);
    await using _relay = await relayBeside(socketPath, registrySocket);
    await using engine = await connectEngine({ socketPath });
    const name = `${registryAddress}/web:1`;

    await assert.rejects(
      engine.images.pull(name, { credentials: { ...credentials, password: 'wrong' } }),
      (error) => error instanceof EngineError && !error.message.includes('wrong'),
    );
    assert.ok(registry.refused() > 0);
    await assert.rejects(engine.images.inspect(name), NotFoundError);

    const messages: string[] = [];
    const { id } = await engine.images.pull(name, {
      credentials,
      onProgress: ({ message }) => messages.push(message),
    });
    try {
      assert.equal(id, hasContainerdStore(real) ? registry.manifest : registry.imageId);
      assert.ok(messages.length > 0);
      assert.deepEqual((await engine.images.inspect(name)).config.cmd, ['/hello']);
    } finally {
      await engine.images.remove(name);
    }

    await assert.rejects(
      engine.images.pull(`${registryAddress}/web:2`, { credentials }),
      (error) => error instanceof EngineError && !error.message.includes(credentials.password),
    );
  });
});
