/**
 * An engine that starts containers has children that look like it for a moment, and threads that stay in the namespaces
 * of a container: none of them may be taken for the engine, or hide it.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { it } from 'node:test';
import { isKnown } from '../../src/compatibility/index.ts';
import { findEngineProcess } from '../../src/compatibility/gather/engine-process.ts';
import { removeContainer } from '../../src/container/remove.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { anyKeyValue, loadFixture } from '../plugins/images.ts';

const all = loadEngines();
if (all.length === 0) it('finds the process of an engine', { skip: noEngines }, () => undefined);

const rounds = 5;

for (const { suite, name, services, shareDirectory } of all) {
  it(`finds the process of ${suite} ${name} while it starts containers`, { timeout: 120_000 }, async () => {
    await using engine = await connectEngine({ socketPath: services[0]?.socket });
    const image = await loadFixture(engine, anyKeyValue);
    assert.ok(image.skipped === undefined);
    const before = await findEngineProcess(engine);
    assert.ok(isKnown(before), 'unknown' in before ? before.unknown : '');

    const working = new AbortController();
    const work = (async () => {
      for (let round = 0; round < rounds; round++)
        await Promise.all([startAndRemove(engine, image.tag), startAndRemove(engine, image.tag)]);
    })().finally(() => {
      working.abort();
    });
    const wrong: unknown[] = [];
    while (!working.signal.aborted) {
      const found = await findEngineProcess(engine);
      const isRight = isKnown(found) && found.value.pid === before.value.pid;
      if (!isRight || !existsSync(`${found.value.folder}/root${shareDirectory}`)) wrong.push(found);
    }
    await work;
    assert.deepEqual(wrong, []);
  });
}

async function startAndRemove(engine: Engine, image: string): Promise<void> {
  const { id } = await engine.containers.create({ image, labels: { 'io.bulkhead.test': 'engine-process' } });
  try {
    await engine.containers.start(id);
  } finally {
    await removeContainer(engine, id);
  }
}
