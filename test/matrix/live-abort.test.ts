/** A live matrix that somebody breaks off leaves nothing. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { it } from 'node:test';
import { liveMatrix } from '../../src/matrix/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { anyKeyValue, fixtureHandshake, loadFixture } from '../plugins/images.ts';

it('ends every launch at an abort, and rethrows the reason', { timeout: 120_000 }, async (t) => {
  const testEngine = loadEngines().find(({ kind, rootless }) => kind === 'docker' && !rootless);
  const socketPath = testEngine?.services[0]?.socket;
  if (testEngine === undefined || socketPath === undefined) {
    t.skip(noEngines);
    return;
  }
  await using engine = await connectEngine({ socketPath });
  const image = await loadFixture(engine, anyKeyValue);
  assert.ok(image.skipped === undefined);
  await using parent = await ownSocketParent(testEngine);
  const reason = new Error('enough');
  const abort = new AbortController();
  const matrix = liveMatrix({
    engines: [engine],
    image: image.tag,
    launch: {
      handshake: fixtureHandshake,
      protocolVersions: [1],
      args: ['silent'], // never prints a handshake
      socketDirectory: parent.path,
      labels: { 'io.bulkhead.test': parent.path },
    },
    filter: { runtime: ['runc'], mlock: [false] },
    signal: abort.signal,
  });
  const failed = assert.rejects(matrix, reason);
  const filters = { label: [`io.bulkhead.test=${parent.path}`] };
  while ((await engine.containers.list({ filters: { ...filters, status: ['running'] } })).length < 2);
  abort.abort(reason);
  await failed;
  assert.deepEqual(await engine.containers.list({ all: true, filters }), []);
  assert.deepEqual(await readdir(parent.path), []);
});
