/** A connection that the engine ends while it is idle, just as the next request goes over it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { startFaultProxy, startRecordingServer } from '../../src/testing/index.ts';

const timeout = 20_000;

async function connected() {
  const server = await startRecordingServer({ kind: 'docker', answer: () => ({ body: [] }) });
  const proxy = await startFaultProxy({ target: server.socketPath });
  const engine = await connectEngine({ socketPath: proxy.socketPath });
  return {
    ...{ server, proxy, engine },
    async [Symbol.asyncDispose]() {
      await engine.close();
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

test('a question is asked again over a new connection', { timeout }, async () => {
  await using parts = await connected();
  const { engine, proxy, server } = parts;
  await engine.images.list();
  const before = server.requests.length;
  proxy.cut();
  assert.deepEqual(await engine.images.list(), []);
  assert.equal(server.requests.length, before + 1, 'the first did not reach the engine');
});

test('an order is not given again, since it may have been carried out', { timeout }, async () => {
  await using parts = await connected();
  const { engine, proxy, server } = parts;
  await engine.images.list();
  const before = server.requests.length;
  proxy.cut();
  await assert.rejects(engine.containers.pause('a'.repeat(64)), { code: 'ENGINE_GONE' });
  assert.equal(server.requests.length, before);
});

test('an engine that ends every connection is told of, after one more try', { timeout }, async () => {
  await using parts = await connected();
  const { engine, proxy } = parts;
  await engine.images.list();
  let asked = 0;
  proxy.fault = () => {
    asked += 1;
    return { kind: 'cut-head', afterBytes: 0 };
  };
  await assert.rejects(engine.images.list(), { code: 'ENGINE_GONE' });
  assert.equal(asked, 2);
});
