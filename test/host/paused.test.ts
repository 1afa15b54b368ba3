/** A plugin that somebody has paused is ended with everything that its engine has started for it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../../src/engine/index.ts';
import { removeContainer } from '../../src/container/index.ts';
import { processesOf } from '../../src/soak/container-processes.ts';
import { startFaultProxy } from '../../src/testing/index.ts';
import { failedAnswer } from '../engine/support/failed-answer.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { startStillContainer } from '../engines/still-container.ts';
import { containerOf, only, openCell } from './cell.ts';

/** Waits for the processes that end just after the engine has answered. */
async function untilGone(id: string): Promise<void> {
  const late = performance.now() + 20_000;
  for (let left = await processesOf([id]); left.length > 0; left = await processesOf([id])) {
    assert.ok(performance.now() < late, `left: ${left.join('\n')}`);
    await delay(20);
  }
}

const noPause =
  'a rootless engine can pause only with cgroups of version 2, but for the sandboxes of a Docker';
const canPause = ({ kind, rootless, info }: Engine, runtime: string): boolean =>
  !rootless || info.cgroupVersion !== '1' || (kind === 'docker' && runtime === 'runsc');

const engines = loadEngines().filter(({ suite }) => suite === 'host');
if (engines.length === 0) it('is ended', { skip: noEngines }, () => undefined);

for (const testEngine of engines) {
  for (const { runtime, socket } of testEngine.services) {
    const place = `${testEngine.name} ${runtime}`;
    const limits = { timeout: 120_000 };

    it(`is ended, and leaves no process, when its host closes: ${place}`, limits, async (t) => {
      await using cell = await openCell(testEngine, socket);
      if (!canPause(cell.engine, runtime)) {
        t.skip(noPause);
        return;
      }
      let id = '';
      await cell.withHost({ runtime }, async (host) => {
        await host.plugins.register({ type: 'kv', name: 'kv', ociImage: cell.image }, { skipProbe: true });
        await host.mount('kv', 'kv');
        id = containerOf(only(host));
        assert.notDeepEqual(await processesOf([id]), []);
        await cell.engine.containers.pause(id);
      });
      await untilGone(id);
    });

    // Behind a proxy, a rootless Docker can't be told by its process.
    if (runtime === 'runsc' && testEngine.kind === 'docker' && !testEngine.rootless)
      it(`is ended where it could not be resumed at once: ${place}`, limits, async () => {
        await using proxy = await startFaultProxy({ target: socket });
        await using cell = await openCell(testEngine, socket);
        let id = '';
        let refused = 0;
        await cell.withHost({ runtime, socketPath: proxy.socketPath }, async (host) => {
          await host.plugins.register({ type: 'kv', name: 'kv', ociImage: cell.image }, { skipProbe: true });
          await host.mount('kv', 'kv');
          id = containerOf(only(host));
          await cell.engine.containers.pause(id);
          proxy.fault = ({ target }) =>
            target.endsWith('/unpause') && (refused += 1) === 1
              ? { kind: 'replace', bytes: failedAnswer('the storage is full'), asked: false }
              : { kind: 'none' };
        });
        assert.ok(refused > 1);
        await untilGone(id);
      });

    it(`leaves no process when its container is swept: ${place}`, limits, async (t) => {
      await using cell = await openCell(testEngine, socket);
      if (!canPause(cell.engine, runtime)) {
        t.skip(noPause);
        return;
      }
      const { id } = await startStillContainer(testEngine, { runtime, socket });
      await cell.engine.containers.pause(id);
      const found = await cell.engine.containers.list({ filters: { id: [id] }, all: true });
      assert.deepEqual(
        found.map(({ state }) => state),
        ['paused'],
      );
      assert.equal(await removeContainer(cell.engine, id, { mayBePaused: true }), 'removed');
      await untilGone(id);
    });
  }
}
