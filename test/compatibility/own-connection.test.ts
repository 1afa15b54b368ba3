/** How the process of an engine is looked for: through a connection to its socket. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { holdsOneOf, withFarEnds } from '../../src/compatibility/gather/own-connection.ts';
import { startFaultProxy } from '../../src/testing/index.ts';

/** Looks through a connection to an engine that answers; the clock goes on where it is told to. */
async function throughConnection<T>(
  look: Parameters<typeof withFarEnds<T>>[1],
  { answered = () => undefined }: { answered?: () => void } = {},
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bh-'));
  const socketPath = join(folder, 'engine.sock');
  const server = createServer((connection) => {
    connection.once('data', () => {
      answered();
      connection.write('HTTP/1.1 200 OK\r\n\r\n');
    });
  }).listen(socketPath);
  await once(server, 'listening');
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    return await withFarEnds(socketPath, look);
  } finally {
    mock.timers.reset();
    server.close();
    await rm(folder, { recursive: true });
  }
}

it('waits for an engine that its socket starts anew on a slow machine', async () => {
  const answered = () => {
    mock.timers.tick(15_000); // as long as Podman took in emulation
  };
  assert.equal(await throughConnection((farEnds) => holdsOneOf(process.pid, farEnds), { answered }), true);
});

it('looks for as long as it takes, once the engine has answered', async () => {
  const holds = await throughConnection(async (farEnds) => {
    mock.timers.tick(60_000); // where reading about every process takes that long
    await setImmediate();
    return holdsOneOf(process.pid, farEnds);
  });
  assert.equal(holds, true);
});

it(
  'does not wait for an answer on a connection that the engine has ended',
  { timeout: 30_000 },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'bh-'));
    const target = join(folder, 'engine.sock');
    const server = createServer((connection) => {
      connection.once('data', () => connection.end('HTTP/1.1 200 OK\r\n\r\n'));
    }).listen(target);
    await once(server, 'listening');
    const proxy = await startFaultProxy({ target, fault: { kind: 'cut-head', afterBytes: 0 } });
    // They are ended here, because a test that runs out of time does not come to its own end.
    t.after(async () => {
      await proxy[Symbol.asyncDispose]();
      server.close();
      await rm(folder, { recursive: true });
    });
    const looking = withFarEnds(proxy.socketPath, () => assert.fail('nothing was answered'));
    await assert.rejects(looking, /the connection was ended before an answer/);
  },
);

it('takes a process that has ended for one that holds nothing', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  assert.equal(await holdsOneOf(child.pid ?? 0, new Set(['socket:[1]'])), false);
});
