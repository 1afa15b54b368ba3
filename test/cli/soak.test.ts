/** `bulkhead soak`: trials on the engines of a user. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { bulkhead } from './bulkhead.ts';
import { runInProcess } from './in-process.ts';

describe('soak', () => {
  for (const [flag, said] of [
    ['-count=0', /-count: at least one trial/],
    ['-seed=4294967296', /-seed: the highest seed is 4294967295/],
    ['-field=nosuch', /there are seed, trials, failed, grows/],
  ] as const) {
    it(`refuses ${flag} before anything is done`, async () => {
      const { status, stderr } = await runInProcess(['soak', flag, '-engine=/nonexistent'], {});
      assert.equal(status, 2, stderr);
      assert.match(stderr, said);
    });
  }

  const engines = loadEngines().filter(({ suite, rootless }) => suite === 'host' && !rootless);
  if (engines.length === 0) it('makes trials with the probe', { skip: noEngines }, () => undefined);
  for (const { name, services, shareDirectory } of engines)
    it(
      `makes trials with the probe on ${name}, and leaves no folder and no image`,
      { timeout: 120_000 },
      async () => {
        const socket = services.find(({ runtime }) => runtime === 'runc')?.socket;
        assert.ok(socket !== undefined);
        await using client = await connectEngine({ socketPath: socket });
        const probes = async () =>
          (await client.images.list())
            .flatMap(({ tags }) => tags)
            .filter((tag) => tag.includes('bulkhead-probe-'));
        const before = await probes();
        await using parent = await ownSocketParent({ shareDirectory });
        const { status, stdout, stderr } = bulkhead([
          'soak',
          '-count=2',
          '-seed=1',
          '-runtime=runc',
          `-engine=${socket}`,
          `-socket_directory=${parent.path}`,
          '-format=json',
        ]);
        assert.equal(status, 0, stdout + stderr);
        assert.deepEqual(JSON.parse(stdout), { seed: 1, trials: 2, failed: [], grows: [] });
        assert.deepEqual(await readdir(parent.path), []);
        assert.deepEqual(
          (await probes()).filter((tag) => !before.includes(tag)),
          [],
        );
      },
    );
});
