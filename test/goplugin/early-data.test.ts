/** Requests whose data arrives together with their headers, before the server has heard of the stream. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { connect, constants, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { Intake } from '../../src/goplugin/grpc/server/intake.ts';
import { framed } from '../../src/goplugin/grpc/message-reader.ts';
import { ConnectionServer } from '../../src/goplugin/grpc/server/server.ts';
import { service, type Servable, type ServiceDefinition } from '../../src/goplugin/index.ts';

const echo = {
  Echo: {
    path: '/test.Echo/Echo',
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => ({ bytes }),
    responseSerialize: ({ bytes }: { bytes: Buffer }) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
} satisfies ServiceDefinition;

/** The server of this package, and one of grpc-js, which is used as soon as a function fills it. */
const servers: Readonly<Record<string, readonly Servable[]>> = {
  '': [],
  ', at a server of grpc-js': [() => undefined],
};

for (const [where, others] of Object.entries(servers)) {
  for (const early of [1, 4, 5, 6, 100, 10_000]) {
    test(
      `are read from their first byte when ${early} bytes come early${where}`,
      { timeout: 20_000 },
      async () => {
        const message = Buffer.alloc(200_000, 'x');
        const reply = await call(message, { early, others });
        assert.equal(reply.status, '0');
        assert.ok(reply.message.equals(message));
      },
    );
  }

  test(`are read when all of them comes early${where}`, { timeout: 20_000 }, async () => {
    const message = Buffer.from('hello');
    const reply = await call(message, { early: 5 + message.length, others });
    assert.equal(reply.status, '0');
    assert.ok(reply.message.equals(message));
  });

  test(`meet the limit on messages when they come early${where}`, { timeout: 20_000 }, async () => {
    const reply = await call(Buffer.alloc(1000), { early: 1005, maxMessageBytes: 100, others });
    assert.equal(reply.status, String(8), 'RESOURCE_EXHAUSTED');
  });
}

interface Reply {
  readonly status: unknown;
  readonly message: Buffer;
}

/** Calls Echo. The headers and the first `early` bytes of the body reach the server in one piece. */
async function call(
  message: Buffer,
  {
    early,
    maxMessageBytes,
    others,
  }: { early: number; maxMessageBytes?: number; others: readonly Servable[] },
): Promise<Reply> {
  const server = new ConnectionServer(
    [...others, [service(echo, { echo: ({ bytes }: { bytes: Buffer }) => ({ bytes }) })]],
    undefined,
    new Intake(maxMessageBytes),
  );
  const [ours, theirs] = pair();
  server.serve(theirs);
  const client = connect('http://localhost', { createConnection: () => ours });
  try {
    await once(client, 'remoteSettings');
    const body = Buffer.concat(framed(message));
    ours.hold();
    const stream = client.request({
      ':method': 'POST',
      ':path': echo.Echo.path,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
    });
    const all = early >= body.length;
    stream[all ? 'end' : 'write'](body.subarray(0, early));
    const frameHeader = 9;
    while (ours.heldBytes < early + 2 * frameHeader) await once(ours.held, 'more');
    ours.release();
    if (!all) stream.end(body.subarray(early));
    return await replyOf(stream);
  } finally {
    client.destroy();
    server.close();
  }
}

async function replyOf(stream: ClientHttp2Stream): Promise<Reply> {
  let status: unknown;
  const chunks: Buffer[] = [];
  for (const event of ['response', 'trailers']) {
    stream.on(event, (headers: IncomingHttpHeaders) => {
      status = headers['grpc-status'];
    });
  }
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'close');
  assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
  return { status, message: Buffer.concat(chunks).subarray(5) };
}

/** One end of a connection in memory. What is written to it can be held, and then arrives in one piece. */
class End extends Duplex {
  other: End | undefined;
  readonly held = new EventEmitter();
  #pieces: Buffer[] | undefined;

  get heldBytes(): number {
    return this.#pieces?.reduce((sum, { length }) => sum + length, 0) ?? 0;
  }

  hold(): void {
    this.#pieces = [];
  }

  release(): void {
    this.other?.push(Buffer.concat(this.#pieces ?? []));
    this.#pieces = undefined;
  }

  override _read(): void {
    // Whatever is written on the other side is pushed at once.
  }

  override _write(chunk: Buffer, _encoding: unknown, done: () => void): void {
    if (this.#pieces === undefined) this.other?.push(chunk);
    else {
      this.#pieces.push(chunk);
      this.held.emit('more');
    }
    done();
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }
}

function pair(): [End, End] {
  const [a, b] = [new End(), new End()];
  a.other = b;
  b.other = a;
  return [a, b];
}
