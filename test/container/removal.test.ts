/** An engine that removes a container and then fails, as at its entry in a network, has removed it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createOrUndo } from '../../src/container/create-or-undo.ts';
import { CleanupError } from '../../src/container/errors.ts';
import { expectsAt } from '../../src/container/late-removal.ts';
import { removeContainer } from '../../src/container/remove.ts';
import { connectEngine, NotFoundError } from '../../src/engine/index.ts';
import { startFaultProxy } from '../../src/testing/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { failedAnswer } from '../engine/support/failed-answer.ts';
import { ensureTestImage, noBusybox, testImage } from '../engine/support/busybox-image.ts';

const failure = failedAnswer('removing its network: no such file');

const engines = noBusybox === undefined ? loadEngines().filter(({ suite }) => suite === 'host') : [];
if (engines.length === 0) it('removes', { skip: noBusybox ?? noEngines }, () => undefined);

for (const { name, services } of engines) {
  const [service] = services;
  if (service === undefined) continue;

  it(`a container that is gone counts as removed on ${name}, and one that is there does not`, async () => {
    await using proxy = await startFaultProxy({ target: service.socket });
    await using engine = await connectEngine({ socketPath: proxy.socketPath });
    await ensureTestImage(engine);
    const create = async (): Promise<string> =>
      (await engine.containers.create({ image: testImage, network: 'none' })).id;

    const removed = await create();
    proxy.fault = ({ method }) =>
      method === 'DELETE' ? { kind: 'replace', bytes: failure } : { kind: 'none' };
    await removeContainer(engine, removed);
    proxy.fault = { kind: 'none' };
    await assert.rejects(engine.containers.inspect(removed), NotFoundError);

    const there = await create();
    // It is removed behind the answer, and the engine goes on to say that it is there.
    const told = Buffer.from(JSON.stringify((await engine.containers.inspect(there)).raw));
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${told.length}\r\n\r\n`;
    proxy.fault = ({ method, target }) => {
      if (method === 'DELETE') return { kind: 'replace', bytes: failure };
      const isInspection = method === 'GET' && target.endsWith('/json');
      return isInspection
        ? { kind: 'replace', bytes: Buffer.concat([Buffer.from(head), told]) }
        : { kind: 'none' };
    };
    await assert.rejects(removeContainer(engine, there), CleanupError);
  });

  it(`a container that was made although its creation failed is removed on ${name}`, async () => {
    await using proxy = await startFaultProxy({ target: service.socket });
    await using engine = await connectEngine({ socketPath: proxy.socketPath });
    await ensureTestImage(engine);
    const title = `bulkhead-test-made-${process.pid}`;
    const request = { name: title, image: testImage, network: 'none' };
    for (const [status, code] of [
      ['500 Internal Server Error', 'ENGINE_OPERATION_FAILED'],
      ['503 Service Unavailable', 'ENGINE_OPERATION_FAILED'],
      ['409 Conflict', 'ENGINE_CONFLICT'],
    ] as const) {
      const bytes = Buffer.from(String(failure).replace('500 Internal Server Error', status));
      proxy.fault = ({ target }) =>
        target.includes('/containers/create') ? { kind: 'replace', bytes } : { kind: 'none' };
      await assert.rejects(createOrUndo(engine, request, title, undefined), { code });
      await assert.rejects(engine.containers.inspect(title), NotFoundError, status);
    }
    assert.equal(expectsAt(proxy.socketPath), false);
  });

  it(`a container that is removed by its name while it is being made is whole or gone on ${name}`, async () => {
    await using engine = await connectEngine({ socketPath: service.socket });
    await ensureTestImage(engine);
    for (let round = 0; round < 10; round += 1) {
      const title = `bulkhead-test-making-${process.pid}-${round}`;
      const state = { made: false };
      const making = engine.containers
        .create({ name: title, image: testImage, network: 'none' })
        .catch(() => undefined) // it may be removed before it is answered
        .finally(() => {
          state.made = true;
        });
      while (!state.made) await removeContainer(engine, title);
      await making;
      // What is recorded without its storage can neither be inspected nor listed.
      await engine.containers.inspect(title).catch((error: unknown) => {
        assert.ok(error instanceof NotFoundError, String(error));
      });
      await removeContainer(engine, title);
      await assert.rejects(engine.containers.inspect(title), NotFoundError);
    }
  });

  it(`a container takes its anonymous volumes with it where that is asked for on ${name}`, async () => {
    await using engine = await connectEngine({ socketPath: service.socket });
    await ensureTestImage(engine);
    const body = { Image: testImage, Volumes: { '/kept': {} } };
    const { body: made } = await engine.request({ method: 'POST', path: '/containers/create', body });
    const { Id: id } = made as { Id: string };
    const { Mounts: mounts } = (await engine.containers.inspect(id)).raw as { Mounts: { Name: string }[] };
    assert.equal(mounts.length, 1);
    await engine.containers.remove(id, { force: true, volumes: true });
    const path = `/volumes/${mounts[0]?.Name ?? ''}`;
    await assert.rejects(engine.request({ method: 'GET', path }), NotFoundError);
  });
}
