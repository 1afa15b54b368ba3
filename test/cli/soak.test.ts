/** `bulkhead soak`: trials on the engines of a user. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
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

  const engine = loadEngines().find(({ suite, name }) => suite === 'host' && name === 'docker-rootful');
  const socket = engine?.services.find(({ runtime }) => runtime === 'runc')?.socket;
  const skip = engine === undefined || socket === undefined ? noEngines : false;
  it('makes trials with the probe, and leaves no folder', { skip, timeout: 120_000 }, async () => {
    assert.ok(engine !== undefined && socket !== undefined);
    await using parent = await ownSocketParent(engine);
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
  });
});
