/** Many streams in one connection: against HashiCorp's yamux in both roles, and against whoever breaks its rules. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { YamuxError } from '../../src/goplugin/yamux/errors.ts';
import { encodeHeader, FrameReader, type FrameHeader } from '../../src/goplugin/yamux/frame.ts';
import { YamuxSession } from '../../src/goplugin/yamux/session.ts';
import type { YamuxStream } from '../../src/goplugin/yamux/stream.ts';
import { needsGo } from '../plugins/go-programs.ts';
import { goProgram } from './fixtures/go-host.ts';
import { bytewisePair, listenOnce, socketPair } from './fixtures/sockets.ts';

const limits = { timeout: 60_000 };

function frame(type: number, flags: number, streamId: number, length: number, payload = ''): Buffer {
  return Buffer.concat([encodeHeader({ type, flags, streamId, length }), Buffer.from(payload)]);
}

function echo(stream: Duplex): void {
  stream.pipe(stream);
}

async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function pattern(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => seed + index * 7));
}

test('finds the same frames wherever the bytes are cut', () => {
  const bytes = Buffer.concat([
    frame(1, 1, 1, 0),
    frame(0, 0, 1, 5, 'hello'),
    frame(2, 1, 0, 0xffff_ffff),
    frame(0, 4, 1, 0),
    frame(0, 3, 3, 2, 'hi'),
    frame(3, 0, 0, 0),
  ]);
  const read = (pieces: readonly Buffer[]): string => {
    const seen: string[] = [];
    let payload = '';
    const reader = new FrameReader({
      header: (header: FrameHeader) => seen.push(JSON.stringify(header)),
      payload: (_header, piece, last) => {
        payload += piece.toString();
        if (last) seen.push(payload);
        if (last) payload = '';
      },
    });
    for (const piece of pieces) reader.push(piece);
    return seen.join('\n');
  };
  const whole = read([bytes]);
  assert.equal(whole.split('\n').length, 9);
  assert.equal(read(Array.from(bytes, (byte) => Buffer.of(byte))), whole);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    assert.equal(read([bytes.subarray(0, cut), bytes.subarray(cut)]), whole);
  }
});

test('carries streams over a connection that hands on single bytes', limits, async () => {
  const [one, two] = bytewisePair();
  const client = new YamuxSession(one, { role: 'client', onStream: echo });
  const server = new YamuxSession(two, { role: 'server', onStream: echo });
  const streams = [client.open(), server.open(), client.open()];
  assert.deepEqual(
    streams.map(({ id }) => id),
    [1, 2, 3],
  );
  for (const [index, stream] of streams.entries()) stream.end(pattern(3000, index));
  for (const [index, stream] of streams.entries()) {
    assert.ok((await readAll(stream)).equals(pattern(3000, index)));
  }
  client.close();
  assert.equal(await client.closed, undefined);
  assert.equal(await server.closed, undefined);
});

const run = promisify(execFile);

/** Runs the Go program as the other end of a session. */
async function withGo(
  t: TestContext,
  role: 'client' | 'server',
  flags: readonly string[],
  use: (session: YamuxSession) => Promise<void>,
  onStream: (stream: YamuxStream) => void = echo,
): Promise<string> {
  const program = await goProgram('yamux', new URL('go/yamux', import.meta.url));
  await using listener = await listenOnce();
  const theirs = role === 'client' ? 'server' : 'client';
  const running = run(program, ['-socket', listener.path, '-role', theirs, ...flags], { signal: t.signal });
  const session = new YamuxSession(await listener.accepted, { role, onStream });
  await use(session);
  const { stdout, stderr } = await running;
  // Credit may cross with the end of its stream: nobody's fault.
  const complaints = stderr
    .split('\n')
    .filter((line) => !/^$|frame for missing stream: .* Type:1 Flags:0/.test(line));
  assert.deepEqual(complaints, []);
  await session.closed;
  return stdout.trim();
}

for (const role of ['client', 'server'] as const) {
  test(`as ${role}, echoes what Go sends on many streams at once`, limits, async (t) => {
    if (!needsGo(t)) return;
    const flags = ['-ping', '-streams', '50', '-rounds', '10', '-size', '100000'];
    const said = await withGo(t, role, flags, () => Promise.resolve());
    assert.equal(said, 'echoed 500 open 0', 'and every stream is forgotten at both ends');
  });

  test(`as ${role}, waits for a Go reader that is slow`, limits, async (t) => {
    if (!needsGo(t)) return;
    const flags = ['-streams', '2', '-size', String(4 * 1024 * 1024), '-slow', '1ms'];
    assert.equal(await withGo(t, role, flags, () => Promise.resolve()), 'echoed 2 open 0');
  });

  test(`as ${role}, sends and receives far more than the window`, limits, async (t) => {
    if (!needsGo(t)) return;
    const said = await withGo(t, role, [], async (session) => {
      const length = 1024 * 1024;
      await Promise.all(
        Array.from({ length: 30 }, async (_, index) => {
          const stream = session.open();
          stream.end(pattern(length, index));
          assert.ok((await readAll(stream)).equals(pattern(length, index)));
        }),
      );
      session.close();
    });
    assert.equal(said, 'closed');
  });
}

test('never holds more than the window of what nobody reads', limits, async (t) => {
  if (!needsGo(t)) return;
  await withGo(t, 'client', [], async (session) => {
    const stream = session.open();
    const length = 4 * 1024 * 1024;
    stream.end(pattern(length, 0));
    let taken = 0;
    let most = 0;
    while (taken < length) {
      await once(stream, 'readable');
      for (let turn = 0; turn < 50; turn += 1) {
        most = Math.max(most, stream.readableLength);
        await new Promise(setImmediate);
      }
      for (let chunk = stream.read() as Buffer | null; chunk; chunk = stream.read() as Buffer | null) {
        taken += chunk.length;
      }
    }
    assert.ok(most <= 256 * 1024, `${most} bytes`);
    session.close();
  });
});

test('ends one stream without touching the others', limits, async () => {
  const [client, server] = await sessions(echo);
  const [kept, ended, broken] = [client.open(), client.open(), client.open()];
  ended.destroy();
  broken.on('error', () => undefined);
  broken.destroy(new Error('enough'));
  kept.end('still here');
  assert.equal((await readAll(kept)).toString(), 'still here');
  client.close();
  await server.closed;
});

test('tells every stream when the connection ends', limits, async () => {
  const [client, server] = await sessions(() => undefined);
  const stream = client.open();
  const lost = once(stream, 'error');
  server.close();
  const [error] = (await lost) as [{ code: string }];
  assert.equal(error.code, 'MULTIPLEXING_STREAM_LOST');
  assert.ok(stream.destroyed);
  assert.ok(client.open().destroyed, 'no further streams');
});

async function sessions(onStream: (stream: YamuxStream) => void): Promise<[YamuxSession, YamuxSession]> {
  const [one, two] = await socketPair();
  return [
    new YamuxSession(one, { role: 'client', onStream }),
    new YamuxSession(two, { role: 'server', onStream }),
  ];
}

const open = frame(1, 1, 2, 0);

const broken: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['another version', Buffer.from('0101000000000002000000000000', 'hex')],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['an unknown type', frame(4, 0, 0, 0)],
  ['more data than there is credit for', Buffer.concat([open, frame(0, 0, 2, 256 * 1024 + 1)])],
  ['a stream opened twice', Buffer.concat([open, open])],
  ['a stream with an id of this side', frame(1, 1, 3, 0)],
  ['a stream with the id 0', frame(1, 1, 0, 0)],
  ['two ends of one stream', Buffer.concat([open, frame(1, 4, 2, 0), frame(1, 4, 2, 0)])],
  [
    'data after the end for which there is no credit',
    Buffer.concat([open, frame(1, 4, 2, 0), frame(0, 0, 2, 256 * 1024 + 1)]),
  ],
  ['endless credit', Buffer.concat([open, frame(1, 0, 2, 0xffff_ffff), frame(1, 0, 2, 0xffff_ffff)])],
  ['leaving because of a fault', frame(3, 0, 0, 1)],
];

for (const [what, bytes] of broken) {
  test(`ends the connection with whoever sends ${what}`, limits, async () => {
    const { session, peer } = await rawPeer(() => undefined);
    peer.write(bytes);
    const reason = await session.closed;
    assert.ok(reason instanceof YamuxError, String(reason));
    assert.equal(reason.code, 'MULTIPLEXING_PROTOCOL');
  });
}

test('takes what is odd and allowed', limits, async () => {
  let opened = 0;
  const { session, peer, received } = await rawPeer((stream) => {
    opened += 1;
    echo(stream);
  });
  peer.write(
    Buffer.concat([
      frame(0, 0, 8, 3, 'xyz'), // data, end and reset of streams that do not exist
      frame(1, 4, 8, 0),
      frame(1, 8, 8, 0),
      frame(1, 0, 0, 0), // credit for nothing
      frame(2, 2, 0, 77), // the answer to a ping that was never sent
      frame(3, 0, 0, 0), // leaving, which is no end yet
      frame(0, 1 | 4, 4, 5, 'hello'), // open, data and end in one
      frame(0, 0, 4, 4, 'late'), // data after the end: HashiCorp's does it when a stream is closed while written to
      frame(2, 1, 0, 1234),
    ]),
  );
  // The ping is answered after all that came before it.
  await received((bytes) => bytes.includes(frame(2, 2, 0, 1234)) && bytes.includes('hello'));
  assert.equal(opened, 1);
  assert.ok(session.open().destroyed, 'nothing is opened to a side that leaves');
  session.close();
});

test('resets streams above its limit', limits, async () => {
  const { session, peer, received } = await rawPeer(() => undefined);
  for (let index = 1; index <= 1025; index += 1) peer.write(frame(1, 1, 2 * index, 0));
  const bytes = await received((all) => all.includes(frame(1, 8, 2050, 0)));
  assert.ok(bytes.includes(frame(1, 2, 2048, 0)));
  assert.ok(!bytes.includes(frame(1, 2, 2050, 0)));
  session.close();
});

test('hangs up on who floods it with pings and reads no answer', limits, async () => {
  const { session, peer } = await rawPeer(() => undefined);
  peer.pause();
  const pings = Buffer.concat(Array.from({ length: 1000 }, (_, index) => frame(2, 1, 0, index)));
  const flood = (): void => {
    while (!peer.destroyed && peer.write(pings));
  };
  peer.on('drain', flood);
  flood();
  const reason = await session.closed;
  assert.match(String(reason), /answers that it does not read/);
  peer.destroy();
});

interface RawPeer {
  readonly session: YamuxSession;
  readonly peer: Socket;
  /** Everything sent to the peer, once it is enough. */
  readonly received: (enough: (bytes: Buffer) => boolean) => Promise<Buffer>;
}

/** A session as client, and the bare socket of its other side. */
async function rawPeer(onStream: (stream: YamuxStream) => void): Promise<RawPeer> {
  const [one, peer] = await socketPair();
  const session = new YamuxSession(one, { role: 'client', onStream });
  peer.on('error', () => undefined);
  let bytes = Buffer.alloc(0);
  peer.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  return {
    session,
    peer,
    received: async (enough) => {
      while (!enough(bytes)) await once(peer, 'data');
      return bytes;
    },
  };
}
