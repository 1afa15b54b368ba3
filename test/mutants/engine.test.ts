/** The transport to an engine: what errors tell, how long an answer may be, and what is left after a close. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { describeFailure } from '../../src/engine/transport/describe-failure.ts';
import { Transport } from '../../src/engine/transport/transport.ts';
import { startRecordingServer } from '../../src/testing/index.ts';

describe('an error of the transport', () => {
  it('leaves out the query of its request, in which build arguments are', async () => {
    for (const code of [
      'UND_ERR_SOCKET',
      'UND_ERR_HEADERS_TIMEOUT',
      'UND_ERR_BODY_TIMEOUT',
      'UND_ERR_CLOSED',
      'HPE_INVALID',
    ]) {
      const failure = Object.assign(new Error('x'), { code });
      const request = { method: 'POST', target: '/v1.41/build?buildargs=hunter2', socketPath: '/x.sock' };
      const error = (await describeFailure(failure, request)) as Error & { path?: string };
      assert.match(error.message, /POST \/v1\.41\/build:/, code);
      assert.doesNotMatch(`${error.message} ${error.path ?? ''}`, /hunter2|\?/, code);
    }
  });
});

it('keeps no more of an answer than the limit for its status, and ends its connection', async () => {
  await using server = await listening((socket) => {
    const body = 'x'.repeat(5_000_000);
    socket.write(`HTTP/1.1 500 Internal Server Error\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body);
  });
  const transport = new Transport(server.path, { connectMs: 5_000, headersMs: 5_000, bodyMs: 5_000 });
  const answer = await transport.sendForText(
    { method: 'GET', target: '/x', ownConnection: false, headersMs: 5_000, bodyMs: 5_000 },
    () => 1_000,
  );
  assert.ok(answer.text.length < 2_000_000, `${answer.text.length} characters`);
  await transport.close();
});

it('ends a connection whose upgrade is answered after the engine was closed', async () => {
  let answer = (): void => undefined;
  const gone = deferred();
  await using server = await listening((socket) => {
    socket.once('close', () => {
      gone.resolve();
    });
    answer = () => socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    server.asked.resolve();
  });
  const transport = new Transport(server.path, { connectMs: 5_000, headersMs: 5_000, bodyMs: 5_000 });
  const upgrading = transport.upgrade({ method: 'POST', target: '/x', headersMs: 5_000 });
  const refused = assert.rejects(upgrading, { code: 'ENGINE_CLOSED' });
  await server.asked.promise;
  await transport.close();
  answer();
  await refused;
  await gone.promise;
});

it('takes the exit code of a Podman container that is removed while it is tidied up', async () => {
  let waits = 0;
  await using server = await startRecordingServer({
    kind: 'podman',
    answer({ path }) {
      if (!path.endsWith('/wait'))
        return { body: { State: { Status: 'running', StartedAt: new Date().toISOString() }, Id: 'x' } };
      waits += 1;
      return waits === 1
        ? { body: '0\n' }
        : { status: 404, body: { message: 'no such container', cause: 'x', response: 404 } };
    },
  });
  await using engine = await connectEngine({ socketPath: server.socketPath });
  assert.equal((await engine.containers.wait('x')).exitCode, 0);
  assert.equal(waits, 2);
});

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

async function listening(serve: (socket: Socket) => void) {
  const folder = await mkdtemp(join(tmpdir(), 'mutant-'));
  const path = join(folder, 'x.sock');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      serve(socket);
    });
  }).listen(path);
  await once(server, 'listening');
  return {
    path,
    asked: deferred(),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}
