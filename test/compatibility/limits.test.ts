/**
 * Whether a limit is enforced is told from facts; here it is tried. Where an engine does not enforce it, it is asked for
 * past our own client, which would refuse: the engine takes it, and the program gets its memory all the same.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gatherEngineFacts, valueOf } from '../../src/compatibility/index.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { noEngines } from '../engines/engines.ts';
import { loadFixture } from '../plugins/images.ts';
import { suites } from './test-engines.ts';

const all = suites();
if (all.size === 0) it('tells whether limits are enforced', { skip: noEngines }, () => undefined);

const limitBytes = 64 << 20;

for (const [suite, testEngines] of all) {
  describe(`a limit of 64 MiB on the engines of ${suite}`, () => {
    for (const { name, services } of testEngines) {
      for (const { runtime, socket } of services) {
        it(
          `is enforced on ${name} with ${runtime} exactly where the facts say so`,
          { timeout: 120_000 },
          async (t) => {
            await using engine = await connectEngine({ socketPath: socket });
            const image = await loadFixture(engine, 'go-prober');
            if (image.skipped !== undefined) {
              t.skip(image.skipped);
              return;
            }
            const { enforces } = await gatherEngineFacts(engine);
            const exitCode = await take256MiB(engine, runtime, image.tag);
            assert.equal(exitCode, valueOf(enforces.memory) === true ? 137 : 0);
          },
        );
      }
    }
  });
}

/** 0 where it got them, 137 where it was killed. */
async function take256MiB(engine: Engine, runtime: string, image: string): Promise<number> {
  const id = await createLimited(engine, runtime, image);
  try {
    await engine.containers.start(id);
    return (await engine.containers.wait(id)).exitCode;
  } finally {
    await engine.containers.remove(id, { force: true });
  }
}

async function createLimited(engine: Engine, runtime: string, image: string): Promise<string> {
  const limits = ['nofile', 'nproc'].map((type) => ({ type, soft: 1024, hard: 1024 }));
  const { body } = await engine.request(
    engine.kind === 'docker'
      ? {
          method: 'POST',
          path: '/containers/create',
          body: {
            Image: image,
            Cmd: ['hog=256'],
            HostConfig: { Runtime: runtime, NetworkMode: 'none', Memory: limitBytes },
          },
        }
      : {
          method: 'POST',
          path: '/libpod/containers/create',
          body: {
            image,
            command: ['hog=256'],
            netns: { nsmode: 'none' },
            r_limits: limits,
            resource_limits: { memory: { limit: limitBytes, swap: limitBytes } },
          },
        },
  );
  return (body as { Id: string }).Id;
}
