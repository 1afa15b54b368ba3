/** A Podman whose Docker-compatible list of containers fails, as it does while it has half a container. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { connectEngine, type ContainerSummary } from '../../src/engine/index.ts';
import { startFaultProxy } from '../../src/testing/index.ts';
import { failedAnswer } from './support/failed-answer.ts';
import { connectWithImage, createTestContainer, describeEngines } from './support/real-engines.ts';

const timeout = 60_000;

/** Podman 4.3.1, to the list of all containers, after the client had gone in the midst of a creation. */
const failure = failedAnswer(
  'getting container from store "ffaf9c5ecf91": container not known',
  'container not known',
);

describeEngines('a list of containers that fails', (real) => {
  test('is had from Podman itself, with the same in it, and not from a Docker', { timeout }, async () => {
    await using direct = await connectWithImage(real);
    await using proxy = await startFaultProxy({ target: real.socketPath });
    await using engine = await connectEngine({ socketPath: proxy.socketPath });
    const labels = { 'half-removed-test': randomUUID() };
    const filters = { label: [`half-removed-test=${labels['half-removed-test']}`] };
    const more = { labels, runtime: real.runtime };
    await using created = await createTestContainer(direct, 'true', more);
    await using running = await createTestContainer(direct, 'exec sleep 1000', more);
    await using ended = await createTestContainer(direct, 'exit 7', more);
    await direct.containers.start(running.id);
    await direct.containers.start(ended.id);
    await direct.containers.wait(ended.id);
    const states = new Map([
      [created.id, 'created'],
      [running.id, 'running'],
      [ended.id, 'exited'],
    ]);
    proxy.fault = ({ target }) =>
      /^\/v[\d.]+\/containers\/json/.test(target)
        ? { kind: 'replace', bytes: failure, asked: false }
        : { kind: 'none' };
    if (real.kind === 'docker') {
      await assert.rejects(engine.containers.list({ filters }), { code: 'ENGINE_OPERATION_FAILED' });
      return;
    }
    // The time since the start is in the words for people, which Podman itself leaves out.
    const comparable = (list: readonly ContainerSummary[]) =>
      list.map((each) => ({ ...each, status: '' })).sort((one, other) => (one.id < other.id ? -1 : 1));
    for (const request of [{ filters }, { all: true, filters }]) {
      const found = await engine.containers.list(request);
      assert.deepEqual(comparable(found), comparable(await direct.containers.list(request)));
      for (const { id, state } of found) assert.equal(state, states.get(id));
    }
    assert.equal((await engine.containers.list({ limit: 2, filters })).length, 2);
    assert.equal((await engine.containers.list({ all: true, filters })).length, 3);
    assert.deepEqual(
      (await engine.containers.list({ filters })).map(({ id }) => id),
      [running.id],
    );
  });

  test('because of its caller fails at once', { timeout }, async () => {
    await using proxy = await startFaultProxy({ target: real.socketPath });
    await using engine = await connectEngine({ socketPath: proxy.socketPath });
    let asked = 0;
    proxy.fault = () => {
      asked += 1;
      return { kind: 'none' };
    };
    await assert.rejects(engine.containers.list({ filters: { nonsense: ['x'] } }), /nvalid filter/);
    assert.equal(asked, real.kind === 'podman' ? 2 : 1);
  });
});
