/** Calls over a channel of our own: what servers may answer, and how connections may break. */
import assert from 'node:assert/strict';
import { constants, createServer, type ServerHttp2Stream } from 'node:http2';
import { createServer as createSocketServer, type Server } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CallFailure, okCode } from '../../src/goplugin/grpc/client/call-end.ts';
import { connectTo } from '../../src/goplugin/grpc/client/channel.ts';
import { Http2Channel } from '../../src/goplugin/grpc/client/http2-channel.ts';
import { framed, MessageReader } from '../../src/goplugin/grpc/message-reader.ts';

const limits = { timeout: 20_000 };

test('finds messages however they are cut', () => {
  const messages = ['', 'a', 'bc', 'x'.repeat(300)].map((text) => Buffer.from(text));
  const stream = Buffer.concat(messages.flatMap((message) => framed(message)));
  for (let step = 1; step <= stream.length; step += 1) {
    const reader = new MessageReader();
    const found: Buffer[] = [];
    for (let at = 0; at < stream.length; at += step)
      found.push(...reader.push(stream.subarray(at, at + step)));
    assert.deepEqual(found, messages, `in pieces of ${step}`);
    assert.ok(reader.atEnd);
  }
  const large = Buffer.alloc(100_000, 'y');
  assert.deepEqual(new MessageReader().push(Buffer.concat(framed(large))), [large]);
});

test('refuses compressed and impossible messages, and says when one is incomplete', () => {
  assert.throws(() => new MessageReader().push(Buffer.from('0100000000', 'hex')), { status: 'INTERNAL' });
  assert.throws(() => new MessageReader().push(Buffer.from('0080000000', 'hex')), {
    status: 'RESOURCE_EXHAUSTED',
  });
  const reader = new MessageReader();
  assert.deepEqual(reader.push(Buffer.from('0000000005aa', 'hex')), []);
  assert.equal(reader.atEnd, false);
});

const grpc = { ':status': 200, 'content-type': 'application/grpc' };
const reply = Buffer.concat(framed(Buffer.from('reply')));

const answers: readonly (readonly [
  what: string,
  answer: (stream: ServerHttp2Stream) => void,
  status: number,
  details: RegExp,
])[] = [
  [
    'a status without a body',
    (s) => {
      s.respond({ ...grpc, 'grpc-status': '5', 'grpc-message': 'no%20such%C3%A9' }, { endStream: true });
    },
    5,
    /^no suché$/,
  ],
  [
    'a status that is not a number',
    (s) => {
      s.respond({ ...grpc, 'grpc-status': 'fine' }, { endStream: true });
    },
    2,
    /without a gRPC status/,
  ],
  [
    'no status',
    (s) => {
      s.respond(grpc);
      s.end(reply);
    },
    13,
    /was reset|without/,
  ],
  [
    'a web page',
    (s) => {
      s.respond({ ':status': 404, 'content-type': 'text/html' });
      s.end('<html>not here</html>');
    },
    12,
    /HTTP status 404/,
  ],
  [
    'a busy gateway',
    (s) => {
      s.respond({ ':status': 503 }, { endStream: true });
    },
    14,
    /HTTP status 503/,
  ],
  [
    'a refusal',
    (s) => {
      s.close(constants.NGHTTP2_REFUSED_STREAM);
    },
    14,
    /reset with HTTP\/2 code 7/,
  ],
  [
    'a reset',
    (s) => {
      s.close(constants.NGHTTP2_INTERNAL_ERROR);
    },
    13,
    /reset with HTTP\/2 code 2/,
  ],
  ['an end of the connection', (s) => s.session?.destroy(), 14, /connection was lost/],
  [
    'a message cut off',
    (s) => {
      trailing(s, '0');
      s.end(reply.subarray(0, 7));
    },
    13,
    /incomplete/,
  ],
];

for (const [what, answer, status, details] of answers) {
  test(`tells of ${what}`, limits, async () => {
    await using server = await http2Server(answer);
    const failure = await server.call().then(
      () => assert.fail('it succeeded'),
      (error: unknown) => error as CallFailure,
    );
    assert.deepEqual([failure.code, details.test(failure.details)], [status, true], failure.details);
    // Only a refusal says that the call was not begun; after anything else it may have been carried out.
    assert.equal(failure.progress, what === 'a refusal' ? 'NOT_STARTED' : undefined);
  });
}

test('carries a reply with its trailers, and calls on after a failed one', limits, async () => {
  let calls = 0;
  await using server = await http2Server((stream) => {
    calls += 1;
    if (calls === 1) {
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      return;
    }
    trailing(stream, '0');
    stream.end(reply);
  });
  await assert.rejects(server.call());
  assert.equal((await server.call()).toString(), 'reply');
});

test('connects anew after a lost connection', limits, async () => {
  let calls = 0;
  await using server = await http2Server((stream) => {
    calls += 1;
    if (calls === 1) stream.session?.destroy();
    else {
      trailing(stream, '0');
      stream.end(reply);
    }
  });
  await assert.rejects(server.call(), { code: 14 });
  assert.equal((await server.call()).toString(), 'reply');
});

test(
  'takes what fails after the deadline for the deadline, however the server calls it',
  limits,
  async (t) => {
    const deadline = Date.now() + 3_600_000;
    await using server = await http2Server((stream) => {
      t.mock.timers.setTime(deadline); // the call's own timer is not heard of it
      stream.respond(
        { ...grpc, 'grpc-status': '2', 'grpc-message': 'context deadline exceeded' },
        { endStream: true },
      );
    });
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    await assert.rejects(server.call({ deadline }), { code: 4 });
  },
);

test('tells a deadline that has passed, here and to the server', limits, async () => {
  let timeout: string | undefined;
  await using server = await http2Server((_stream, headers) => {
    timeout = headers['grpc-timeout'] as string;
  });
  await assert.rejects(server.call({ deadline: Date.now() + 100 }), { code: 4 });
  assert.match(String(timeout), /^\d{1,3}m$/);
  await assert.rejects(server.call({ deadline: Date.now() - 1 }), { code: 4, progress: 'NOT_STARTED' });
});

test('says why there is no connection', limits, async () => {
  const missing = new Http2Channel(connectTo({ network: 'unix', address: '/nowhere/s' }), undefined);
  await assert.rejects(missing.ready(), /ENOENT/);
  await assert.rejects(callOver(missing), { code: 14, progress: 'NOT_STARTED' });
  missing.close();
  await assert.rejects(callOver(missing), { code: 14, details: /was closed/ });

  await using server = await listening(
    createSocketServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('SSH-2.0-OpenSSH_9.2p1\r\n');
    }),
  );
  const channel = new Http2Channel(connectTo(server.address), undefined);
  await assert.rejects(channel.ready());
  channel.close();
});

function trailing(stream: ServerHttp2Stream, status: string): void {
  stream.respond(grpc, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': status });
  });
}

async function http2Server(answer: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void) {
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    answer(stream, headers);
  });
  const { address, close } = await listening(server);
  const channel = new Http2Channel(connectTo(address), undefined);
  return {
    call: (options: { deadline?: number } = {}) => callOver(channel, options),
    async [Symbol.asyncDispose]() {
      channel.close();
      for (const session of sessions) session.destroy();
      await close();
    },
  };
}

function callOver(channel: Http2Channel, { deadline = Infinity } = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let reply: Buffer = Buffer.alloc(0);
    const call = channel.call('/a.B/C', deadline, {
      message: (message) => (reply = message),
      ended: (status) => {
        if (status.code === okCode) resolve(reply);
        else reject(new CallFailure(status));
      },
    });
    call.start();
    call.send(Buffer.from('request'), true);
  });
}

async function listening(server: Pick<Server, 'listen' | 'close'> & NodeJS.EventEmitter) {
  const directory = await mkdtemp(join(tmpdir(), 'http2-channel-'));
  const path = join(directory, 's');
  server.listen(path);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { address: { network: 'unix', address: path } as const, close, [Symbol.asyncDispose]: close };
}
