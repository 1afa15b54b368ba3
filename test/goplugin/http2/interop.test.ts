/**
 * Calls between this HTTP/2 and others: random bodies to and from node:http2, and every kind of call to and from a server
 * and a client of grpc-js.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  connect,
  createServer as createHttp2Server,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
} from 'node:http2';
import {
  connect as connectSocket,
  createServer,
  type AddressInfo,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openChannel } from '../../../src/goplugin/grpc/client/channel.ts';
import type { CallTarget } from '../../../src/goplugin/grpc/client/calls.ts';
import { clientMaker } from '../../../src/goplugin/grpc/client/client.ts';
import { connectionLimits } from '../../../src/goplugin/grpc/connection/connection-limits.ts';
import { callError } from '../../../src/goplugin/grpc/failure.ts';
import type { GrpcJs } from '../../../src/goplugin/grpc/server/grpc-js.ts';
import { ConnectionServer } from '../../../src/goplugin/grpc/server/server.ts';
import { Http2Connection } from '../../../src/goplugin/http2/connection.ts';
import { CommonFields } from '../../../src/goplugin/http2/hpack-encoder.ts';
import { errorCode } from '../../../src/goplugin/http2/protocol.ts';
import type { Http2Stream } from '../../../src/goplugin/http2/stream.ts';
import { PluginCallError, service, StatusError, type CallContext } from '../../../src/goplugin/index.ts';

const limits = { timeout: 60_000 };
const grpcJs = createRequire(import.meta.url)('@grpc/grpc-js') as GrpcJs;

const quiet = {
  ready: () => undefined,
  goingAway: () => undefined,
  roomForStreams: () => undefined,
  closed: () => undefined,
  accept: () => errorCode.refusedStream,
};

/** A request as a test makes it: how its body is cut, and what goes along. */
interface Wanted {
  readonly pieces: readonly number[];
  readonly field: string;
}

const wanted: fc.Arbitrary<Wanted> = fc.record({
  pieces: fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 150_000 })), {
    maxLength: 4,
  }),
  field: fc.stringMatching(/^[!-~]{0,80}$/),
});
const sequences = fc.array(wanted, { minLength: 1, maxLength: 12 });

describe('random requests', limits, () => {
  it('from here are answered by node:http2 with the same bytes', async () => {
    const server = createHttp2Server();
    server.on('stream', (stream, headers) => {
      stream.respond({ ':status': 200, 'x-field': headers['x-field'] }, { waitForTrailers: true });
      stream.on('wantTrailers', () => {
        stream.sendTrailers({ 'x-last': 'yes' });
      });
      stream.pipe(stream);
    });
    const [ours, theirs] = await pairOfSockets();
    server.emit('connection', theirs);
    const connection = new Http2Connection(ours, 'client', connectionLimits, quiet);
    await fc.assert(
      fc.asyncProperty(sequences, async (requests) => {
        await Promise.all(requests.map((each) => roundTrip(connection, each)));
      }),
      { numRuns: 30 },
    );
    connection.destroy('the test is over');
    theirs.destroy();
  });

  it('of node:http2 are answered from here with the same bytes', async () => {
    const [ours, theirs] = await pairOfSockets();
    const connection: Http2Connection = new Http2Connection(ours, 'server', connectionLimits, {
      ...quiet,
      accept: (stream, { fields }, ended) => {
        const field = fields[fields.indexOf('x-field') + 1] ?? '';
        stream.sendHeaders(
          connection.encoder.encode(new CommonFields([':status', '200']), ['x-field', field]),
        );
        const finish = (): void => {
          stream.sendTrailers(() => connection.encoder.encode(new CommonFields(['x-last', 'yes'])));
        };
        if (ended) finish();
        return {
          headers: finish,
          data: (piece) => {
            stream.send(Buffer.from(piece));
            stream.credit();
          },
          ended: finish,
          drained: () => undefined,
          closed: () => undefined,
        };
      },
    });
    const session = connect('http://localhost', { createConnection: () => theirs });
    await fc.assert(
      fc.asyncProperty(sequences, async (requests) => {
        await Promise.all(requests.map((each) => roundTripOfNode(session, each)));
      }),
      { numRuns: 30 },
    );
    session.destroy();
    ours.destroy();
  });
});

/** Two ends of a real socket: node:http2 loses the end of some streams on a stream of bytes that is made in JavaScript. */
async function pairOfSockets(): Promise<[Socket, Socket]> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const accepted = once(listener, 'connection') as Promise<[Socket]>;
  const here = connectSocket(port, '127.0.0.1');
  const [there] = await accepted;
  listener.close();
  return [here, there];
}

function bodyOf({ pieces }: Wanted): Buffer[] {
  return pieces.map((length, at) => Buffer.alloc(length, `${at}abc`));
}

function roundTrip(connection: Http2Connection, request: Wanted): Promise<void> {
  const body = bodyOf(request);
  return new Promise((resolve, reject) => {
    const got: Buffer[] = [];
    const fields: string[] = [];
    const stream: Http2Stream = connection.open({
      headers: (block) => fields.push(...block.fields),
      data: (piece) => {
        got.push(Buffer.from(piece));
        stream.credit();
      },
      ended: () => undefined,
      drained: () => undefined,
      closed: (loss) => {
        try {
          assert.equal(loss, undefined);
          assert.ok(Buffer.concat(got).equals(Buffer.concat(body)));
          assert.equal(fields[fields.indexOf('x-field') + 1], request.field);
          assert.equal(fields[fields.indexOf('x-last') + 1], 'yes');
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      },
    });
    const own = [':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'x'];
    stream.sendHeaders(connection.encoder.encode(new CommonFields(own), ['x-field', request.field]));
    for (const piece of body) stream.send(piece);
    stream.end();
  });
}

async function roundTripOfNode(session: ClientHttp2Session, request: Wanted): Promise<void> {
  const stream = session.request({ ':method': 'POST', ':path': '/', 'x-field': request.field });
  let field: unknown;
  let last: unknown;
  stream.on('response', (headers) => (field = headers['x-field']));
  stream.on('trailers', (headers: IncomingHttpHeaders) => (last = headers['x-last']));
  const got: Buffer[] = [];
  stream.on('data', (piece: Buffer) => got.push(piece));
  const body = bodyOf(request);
  for (const piece of body) stream.write(piece);
  stream.end();
  await once(stream, 'close');
  assert.ok(Buffer.concat(got).equals(Buffer.concat(body)));
  assert.deepEqual([field, last], [request.field, 'yes']);
}

// --- gRPC's own interoperability cases

const bytes = (value: Buffer): Buffer => value;
const shape = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Interop/${name}`,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});
const interop = {
  Unary: shape('Unary', false, false),
  Join: shape('Join', true, false),
  Split: shape('Split', false, true),
  PingPong: shape('PingPong', true, true),
  Fail: shape('Fail', false, false),
  Metadata: shape('Metadata', false, false),
  Hang: shape('Hang', false, false),
};
const missing = { Absent: shape('Absent', false, false) };

interface Absent {
  absent(request: Buffer): Promise<Buffer>;
}

interface Interop {
  unary(request: Buffer, options?: object): Promise<Buffer>;
  join(requests: Iterable<Buffer>): Promise<Buffer>;
  split(request: Buffer): AsyncIterable<Buffer>;
  pingPong(requests: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
  fail(request: Buffer): Promise<Buffer>;
  metadata(request: Buffer, options: object): Promise<Buffer>;
  hang(request: Buffer, options: object): Promise<Buffer>;
}

/** The same service as implementation of this package. */
const own = service(interop, {
  unary: (request: Buffer) => request,
  join: async (requests: AsyncIterable<Buffer>) => {
    const all: Buffer[] = [];
    for await (const each of requests) all.push(each);
    return Buffer.concat(all);
  },
  split: function* (request: Buffer) {
    for (let at = 0; at < request.length; at += 1000) yield request.subarray(at, at + 1000);
  },
  pingPong: async function* (requests: AsyncIterable<Buffer>) {
    for await (const each of requests) yield each;
  },
  fail: () => {
    throw new StatusError('FAILED_PRECONDITION', 'ünfit: 100 %\n', { 'why-bin': Buffer.from([0, 255]) });
  },
  metadata: (_request: Buffer, { metadata }: CallContext) => Buffer.from(JSON.stringify(metadata['x-a'])),
  hang: (_request: Buffer, { signal }: CallContext) =>
    new Promise<Buffer>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        hangsEnded += 1;
        reject(new Error('no longer'));
      });
    }),
});
let hangsEnded = 0;

async function withSocket(server: NetServer, use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'interop-'));
  const path = join(folder, 's');
  server.listen(path);
  await once(server, 'listening');
  try {
    await use(path);
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function everyCase(path: string): Promise<void> {
  const channel = openChannel({ network: 'unix', address: path }, undefined);
  const target: CallTarget = {
    channel: () => channel,
    inProgress: new Set(),
    explain: (failure, method) => Promise.resolve(callError(failure, method, { plugin: 'peer' })),
  };
  try {
    const client = clientMaker(target)<Interop>(interop);
    assert.equal((await client.unary(Buffer.alloc(0))).length, 0, 'empty');
    const large = Buffer.alloc(5_000_000, 'large');
    assert.ok((await client.unary(large)).equals(large), 'large');
    assert.equal(String(await client.join(['a', 'b', 'c'].map((each) => Buffer.from(each)))), 'abc');
    assert.equal((await client.join([])).length, 0, 'an empty stream');
    const parts: Buffer[] = [];
    for await (const part of client.split(large)) parts.push(part);
    assert.ok(parts.length === 5000 && Buffer.concat(parts).equals(large));
    await pingPong(client);
    await assert.rejects(client.fail(Buffer.alloc(0)), (error) => {
      assert.ok(error instanceof PluginCallError);
      assert.deepEqual([error.status, error.details], ['FAILED_PRECONDITION', 'ünfit: 100 %\n']);
      assert.deepEqual(error.metadata['why-bin'], [Buffer.from([0, 255])]);
      return true;
    });
    assert.equal(String(await client.metadata(Buffer.alloc(0), { metadata: { 'x-a': 'b' } })), '["b"]');
    await assert.rejects(client.hang(Buffer.alloc(0), { timeoutMs: 50 }), { code: 'PLUGIN_CALL_TIMEOUT' });
    const controller = new AbortController();
    const hanging = client.hang(Buffer.alloc(0), { signal: controller.signal });
    await client.unary(Buffer.alloc(1));
    controller.abort(new Error('mine'));
    await assert.rejects(hanging, /mine/);
    await assert.rejects(clientMaker(target)<Absent>(missing).absent(Buffer.alloc(0)), {
      status: 'UNIMPLEMENTED',
    });
  } finally {
    channel.close();
  }
}

async function pingPong(client: Interop): Promise<void> {
  let answered: () => void = () => undefined;
  const requests = async function* (): AsyncGenerator<Buffer> {
    for (const text of ['ping', 'pong', 'x'.repeat(100_000)]) {
      const next = new Promise<void>((resolve) => (answered = resolve));
      yield Buffer.from(text);
      await next;
    }
  };
  const lengths: number[] = [];
  for await (const answer of client.pingPong(requests())) {
    lengths.push(answer.length);
    answered();
  }
  assert.deepEqual(lengths, [4, 4, 100_000]);
}

describe('every kind of call', limits, () => {
  it('reaches a server of this package', async () => {
    const server = new ConnectionServer([[own]], undefined);
    const listener = createServer((socket) => {
      server.serve(socket);
    });
    hangsEnded = 0;
    await withSocket(listener, everyCase);
    server.close();
    assert.equal(hangsEnded, 2, 'the deadline and the abort were heard');
  });

  it('reaches a server of grpc-js', async () => {
    const server = new ConnectionServer(
      [
        (library) => {
          // The functions of `register` fill a server of grpc-js.
          assert.ok(library instanceof grpcJs.Server);
        },
        [own],
      ],
      undefined,
    );
    const listener = createServer((socket) => {
      server.serve(socket);
    });
    await withSocket(listener, everyCase);
    server.close();
  });

  it('of grpc-js is answered by a server of this package', async () => {
    const server = new ConnectionServer([[own]], undefined);
    const listener = createServer((socket) => {
      server.serve(socket);
    });
    await withSocket(listener, async (path) => {
      const client = new grpcJs.Client(`unix:${path}`, grpcJs.credentials.createInsecure());
      const { Unary, Split, PingPong } = interop;
      const reply = await new Promise<Buffer | undefined>((resolve, reject) => {
        client.makeUnaryRequest(Unary.path, bytes, bytes, Buffer.from('hello'), (error, value) => {
          if (error) reject(error);
          else resolve(value);
        });
      });
      assert.equal(String(reply), 'hello');
      let length = 0;
      for await (const part of client.makeServerStreamRequest(
        Split.path,
        bytes,
        bytes,
        Buffer.alloc(10_500),
      )) {
        length += (part as Buffer).length;
      }
      assert.equal(length, 10_500);
      const call = client.makeBidiStreamRequest(PingPong.path, bytes, bytes);
      call.write(Buffer.from('ping'));
      assert.equal(String((await once(call, 'data'))[0]), 'ping');
      call.end();
      await once(call, 'status');
      client.close();
    });
    server.close();
  });
});
