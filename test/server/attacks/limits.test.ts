/** Callers who send too much, too slowly or too often: they are cut off, and others are answered meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { apiClient } from '../support/api-client.ts';
import { connectTo, sendRaw } from '../support/raw-connection.ts';
import { openRecorder, type Recorder } from '../support/recorder.ts';

/** The last status that the server sends before it ends the connection; undefined where it ends it without one. */
async function lastStatus(socket: Socket): Promise<number | undefined> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  const status = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].at(-1)?.[1];
  return status === undefined ? undefined : Number(status);
}

async function isWell(server: Recorder): Promise<void> {
  for (const at of [server.url, server.http.socketPath])
    assert.equal((await apiClient(at, server.token)('GET', '/v1/well')).status, 200, at);
}

describe('a caller', { timeout: 120_000 }, () => {
  it('whose headers never end is cut off', async () => {
    await using server = await openRecorder({ limits: { headersMs: 200, arrivalMs: 2000 } });
    const slow = Array.from({ length: 50 }, () => connectTo(server.url));
    const ends = slow.map((socket) => lastStatus(socket));
    for (const socket of slow) socket.write('GET /v1/slow HTTP/1.1\r\nHost: x\r\nX-A: ');
    await isWell(server);
    // A byte now and then does not prolong it.
    const drip = setInterval(() => {
      for (const socket of slow) if (socket.writable) socket.write('a');
    }, 20);
    const statuses = await Promise.all(ends).finally(() => {
      clearInterval(drip);
    });
    for (const status of statuses) assert.ok(status === undefined || status === 408, String(status));
    assert.deepEqual(new Set(server.reached), new Set(['GET well']));
  });

  it('whose body never ends is cut off', async () => {
    await using server = await openRecorder(
      { limits: { headersMs: 200, arrivalMs: 400, requests: 4 } },
      'token',
    );
    const { token } = await server.tokens.create({ name: 'slow', scope: 'everything' });
    const head = `POST /v1/slow HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\nX-Vault-Token: ${token}\r\n`;
    const framings = [
      'Content-Length: 1000\r\n\r\n{"a":"',
      'Transfer-Encoding: chunked\r\n\r\n3e8\r\n{"a":"',
    ];
    for (const framing of framings) {
      const socket = connectTo(server.url);
      const end = lastStatus(socket);
      socket.write(head + framing);
      const status = await end;
      assert.ok(status === undefined || status === 400 || status === 408, String(status));
    }
    assert.deepEqual(server.reached, []);
  });

  it('without a token can not take the turn of others, however slow the bodies are', async () => {
    await using server = await openRecorder(
      { limits: { requests: 2, headersMs: 5000, arrivalMs: 60_000 } },
      'token',
    );
    const { token } = await server.tokens.create({ name: 'good', scope: 'everything' });
    const { host } = new URL(server.url);
    const slow = Array.from({ length: 20 }, () => connectTo(server.url));
    for (const socket of slow) {
      socket.on('error', () => undefined);
      socket.write(`POST /v1/slow HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000\r\n\r\n{`);
    }
    // Each was refused, whether or not its body comes.
    await Promise.all(slow.map((socket) => once(socket, 'data')));
    assert.equal((await apiClient(server.url, token)('GET', '/v1/a')).status, 200);
    for (const socket of slow) socket.destroy();
    assert.deepEqual(server.reached, ['GET a']);
  });

  it('who opens more connections than there may be does not shut out the owner of the socket', async () => {
    await using server = await openRecorder({ limits: { connections: 20 } });
    const many = Array.from({ length: 60 }, () => connectTo(server.url));
    const ends = many.map(async (socket) => {
      socket.on('error', () => undefined);
      await once(socket, 'close');
    });
    await Promise.race(ends);
    assert.equal((await server.api('GET', '/v1/a')).status, 200);
    for (const socket of many) socket.destroy();
    await Promise.all(ends);
    // The server counts them until it has seen their end, too.
    const again = async (): Promise<void> => {
      await isWell(server).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return again();
        throw error;
      });
    };
    await again();
  });

  it('whose headers are too long, or too many, is refused', async () => {
    await using server = await openRecorder({ limits: { headerBytes: 4096 } });
    const { host } = new URL(server.url);
    const send = (path: string, headers: string) =>
      sendRaw(server.url, [
        server.signed(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}\r\n`),
      ]);
    const long = 'a'.repeat(5000);
    for (const [path, headers] of [
      ['/v1/a', `X-Long: ${long}\r\n`],
      ['/v1/a', `${long}: x\r\n`],
      [`/v1/${long}`, ''],
      ['/v1/a', `X-Vault-Token: ${long}\r\n`],
      ['/v1/a', Array.from({ length: 900 }, (_, at) => `X-${at}: 1\r\n`).join('')],
    ] as const)
      assert.deepEqual(
        (await send(path, headers)).statuses,
        [431],
        `${path.slice(0, 20)} ${headers.slice(0, 20)}`,
      );
    // A second header is seen also where it comes late.
    const padding = Array.from({ length: 150 }, (_, at) => `X-${at}: 1\r\n`).join('');
    assert.deepEqual((await send('/v1/a', `${padding}Host: evil.example\r\n`)).statuses, [400]);
    assert.deepEqual(server.reached, []);
    await isWell(server);
  });

  it('whose body is too long is refused before it is read', async () => {
    await using server = await openRecorder({ limits: { bodyBytes: 1000 } });
    const { host } = new URL(server.url);
    const post = `POST /v1/a HTTP/1.1\r\nHost: ${host}\r\n`;
    const body = JSON.stringify({ a: 'b'.repeat(2000) });
    const piece = `${body.length.toString(16)}\r\n${body}\r\n`;
    for (const bytes of [
      `${post}Content-Length: 1000000000000\r\n\r\n{`,
      `${post}Content-Length: ${body.length}\r\n\r\n${body}`,
      `${post}Transfer-Encoding: chunked\r\n\r\n${piece}0\r\n\r\n`,
      `${post}Transfer-Encoding: chunked\r\n\r\n${piece.repeat(100)}`,
    ])
      assert.deepEqual(
        (await sendRaw(server.url, [server.signed(bytes)])).statuses,
        [413],
        bytes.slice(0, 120),
      );
    assert.deepEqual(server.reached, []);
    await isWell(server);
  });

  it('whose body is a trap for a parser is refused', async () => {
    await using server = await openRecorder();
    const ask = server.api;
    const traps = [
      '['.repeat(100_000),
      `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      '{"a":'.repeat(50_000),
      '[]',
      'null',
      '"text"',
      '1',
      '{"a":1}{"b":2}',
      '{"a":1,}',
      "{'a':1}",
      '{"a":NaN}',
      '{"a":Infinity}',
      '{"a":"\u0000"}',
      '{"a":"\\ud800"',
      '{"a":1e',
      '\ufeff{"a":1}x',
    ];
    for (const body of traps) {
      const { status, text } = await ask('POST', '/v1/a', { body });
      assert.equal(status, 400, `${body.slice(0, 40)}: ${text}`);
      assert.ok(text.length < 1000, text);
    }
    for (const bytes of [Buffer.from([0xff, 0xfe, 0x7b]), Buffer.from('7b2261223a22c3287d', 'hex')]) {
      const { status } = await ask('POST', '/v1/a', { body: bytes.toString('latin1') });
      assert.equal(status, 400);
    }
    assert.deepEqual(server.reached, []);
    const proto = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    assert.equal((await ask('POST', '/v1/a', { body: proto })).status, 200);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});
