/** Samples of a container's resource use: about one a second, whichever engine it is, until the container ends. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectEngine, NotFoundError } from '../../src/engine/index.ts';
import { startFaultProxy } from '../../src/testing/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { startStillContainer } from '../engines/still-container.ts';

const limits = { timeout: 120_000 };
const engines = loadEngines().filter(({ rootless }) => !rootless);
if (engines.length === 0) it('follows a container', { skip: noEngines }, () => undefined);

for (const testEngine of engines) {
  const service = testEngine.services.find(({ runtime }) => runtime === 'runc');
  if (service === undefined) continue;
  describe(`following a container on ${testEngine.suite} ${testEngine.name}`, limits, () => {
    it(
      'asks Podman for each sample, because it sends them five seconds apart, and Docker once',
      limits,
      async () => {
        const asked: string[] = [];
        await using proxy = await startFaultProxy({
          target: service.socket,
          fault: ({ target }) => {
            if (target.includes('/stats')) asked.push(target);
            return { kind: 'none' };
          },
        });
        await using engine = await connectEngine({ socketPath: proxy.socketPath });
        const { id } = await startStillContainer(testEngine, service);
        try {
          const seen: number[] = [];
          await using samples = await engine.containers.followStats(id);
          for await (const { readAt } of samples) {
            seen.push(readAt.getTime());
            if (seen.length === 3) await engine.containers.kill(id);
          }
          assert.ok(seen.length >= 3, 'the end of the container ends the samples');
          const [request = ''] = asked;
          if (testEngine.kind === 'docker') assert.deepEqual(asked, [request]);
          else assert.ok(asked.length >= seen.length, asked.join(' '));
          assert.match(request, testEngine.kind === 'docker' ? /stream=true/ : /stream=false/);
        } finally {
          await engine.containers.remove(id, { force: true });
        }
      },
    );

    it(
      'ends when the container is removed, by an abort with its reason, and when nobody wants more',
      limits,
      async () => {
        await using engine = await connectEngine({ socketPath: service.socket });
        const { id } = await startStillContainer(testEngine, service);
        const control = new AbortController();
        const reason = new Error('enough');
        const aborted = await engine.containers.followStats(id, { signal: control.signal });
        const unwanted = await engine.containers.followStats(id);
        const left = await engine.containers.followStats(id);
        for await (const { pids } of left) {
          assert.ok(pids >= 1);
          break;
        }
        await assert.rejects(
          async () => {
            for await (const sample of aborted) {
              assert.ok(sample.pids >= 1);
              control.abort(reason);
            }
          },
          (error) => error === reason,
        );
        await unwanted[Symbol.asyncDispose]();
        await using removed = await engine.containers.followStats(id);
        let count = 0;
        for await (const sample of removed) {
          assert.ok(sample.memoryBytes >= 0);
          count += 1;
          if (count === 1) await engine.containers.remove(id, { force: true });
        }
        assert.ok(count >= 1);
        await assert.rejects(engine.containers.followStats(id), NotFoundError);
      },
    );
  });
}
