/** How the process of an engine is looked for: through a connection to its socket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, mock } from 'node:test';
import { holdsOneOf, withFarEnds } from '../../src/compatibility/gather/own-connection.ts';

it('waits for an engine that its socket starts anew on a slow machine', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bh-'));
  const socketPath = join(folder, 'engine.sock');
  const server = createServer((connection) => {
    connection.once('data', () => {
      mock.timers.tick(15_000); // as long as Podman took in emulation
      connection.write('HTTP/1.1 200 OK\r\n\r\n');
    });
  }).listen(socketPath);
  await once(server, 'listening');
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    assert.equal(await withFarEnds(socketPath, (farEnds) => holdsOneOf(process.pid, farEnds)), true);
  } finally {
    mock.timers.reset();
    server.close();
    await rm(folder, { recursive: true });
  }
});
