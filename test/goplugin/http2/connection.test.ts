/** What a connection does with frames that break the rules, in the order of h2spec's list; in both roles. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { connectionLimits } from '../../../src/goplugin/grpc/connection/connection-limits.ts';
import { Http2Connection } from '../../../src/goplugin/http2/connection.ts';
import type { ConnectionEvents } from '../../../src/goplugin/http2/connection-options.ts';
import { CommonFields } from '../../../src/goplugin/http2/hpack-encoder.ts';
import { clientPreface, errorCode, frameType } from '../../../src/goplugin/http2/protocol.ts';
import {
  unheard,
  type Http2Stream,
  type StreamEvents,
  type StreamLoss,
} from '../../../src/goplugin/http2/stream.ts';
import { block, frame, pairOfEnds, RawPeer, u32 } from './raw-peer.ts';

const limits = { timeout: 20_000 };
const settings = frame(frameType.settings, 0, 0);
const request = block({ ':method': 'POST', ':scheme': 'http', ':path': '/a.B/C', te: 'trailers' });
const response = block({ ':status': '200' });
const endHeaders = 4;
const endStream = 1;
const quiet: ConnectionEvents = {
  ready: () => undefined,
  goingAway: () => undefined,
  roomForStreams: () => undefined,
  closed: () => undefined,
  accept: () => errorCode.refusedStream,
};

/** A server that answers each request, once it is whole, with 200 and its data. */
function echoServer(own: Partial<typeof connectionLimits> = {}) {
  const [ours, theirs] = pairOfEnds();
  const losses: (StreamLoss | undefined)[] = [];
  const connection = new Http2Connection(
    ours,
    'server',
    { ...connectionLimits, ...own },
    {
      ...quiet,
      accept: (stream, _block, ended) => {
        if (ended) reply(stream);
        return {
          headers: () => {
            reply(stream);
          },
          data: (piece) => {
            if (stream.closed) return;
            data.push(piece);
            stream.credit();
          },
          ended: () => {
            reply(stream);
          },
          drained: () => undefined,
          closed: (loss) => losses.push(loss),
        };
      },
    },
  );
  const data: Buffer[] = [];
  const reply = (stream: Http2Stream): void => {
    stream.sendHeaders(connection.encoder.encode(new CommonFields([':status', '200'])));
    stream.send(Buffer.concat(data.splice(0)), true);
  };
  const peer = new RawPeer(theirs, false);
  peer.send(clientPreface, settings);
  return { peer, connection, losses };
}

/** A client with one request under way on stream 1. */
function client(own: Partial<typeof connectionLimits> = {}) {
  const [ours, theirs] = pairOfEnds();
  const told: string[] = [];
  const connection = new Http2Connection(
    ours,
    'client',
    { ...connectionLimits, ...own },
    {
      ...quiet,
      closed: (why) => told.push(why),
    },
  );
  const events: StreamEvents = {
    headers: ({ fields }, ended) => told.push(`headers ${fields.join(' ')}${ended ? ' .' : ''}`),
    data: (piece) => told.push(`data ${piece.toString()}`),
    ended: () => told.push('ended'),
    drained: () => undefined,
    closed: (loss) =>
      told.push(loss === undefined ? 'closed' : `closed ${loss.kind} ${'code' in loss ? loss.code : ''}`),
  };
  const stream = connection.open(events);
  stream.sendHeaders(request, true);
  const peer = new RawPeer(theirs, true);
  return { peer, connection, stream, told };
}

const headers = (id: number, flags = endHeaders | endStream, payload: Uint8Array = request): Buffer =>
  frame(frameType.headers, flags, id, payload);
const data = (id: number, flags: number, text = 'x'): Buffer =>
  frame(frameType.data, flags, id, Buffer.from(text));

interface Violation {
  readonly frames: readonly Buffer[];
  /** Code of the GOAWAY. */
  readonly connection?: number;
  /** Code of the RST_STREAM. */
  readonly stream?: number;
}

const { protocolError, frameSizeError, flowControlError, streamClosed, compressionError, enhanceYourCalm } =
  errorCode;

const atServer: Readonly<Record<string, Violation>> = {
  '4.2 a DATA frame longer than allowed': {
    frames: [headers(1, endHeaders), frame(0, endStream, 1, Buffer.alloc(16_385))],
    connection: frameSizeError,
  },
  '4.2 a HEADERS frame longer than allowed': {
    frames: [headers(1, endHeaders | endStream, Buffer.alloc(16_385))],
    connection: frameSizeError,
  },
  '4.3 a header block that is no HPACK': {
    frames: [headers(1, 5, Buffer.from('80', 'hex'))],
    connection: compressionError,
  },
  '4.3 a PRIORITY frame inside a header block': {
    frames: [headers(1, endStream), frame(2, 0, 1, '00000000 10')],
    connection: protocolError,
  },
  '4.3 HEADERS of another stream inside a header block': {
    frames: [headers(1, endStream), headers(3)],
    connection: protocolError,
  },
  '5.1 DATA on an idle stream': { frames: [data(1, endStream)], connection: protocolError },
  '5.1 RST_STREAM on an idle stream': { frames: [frame(3, 0, 1, u32(8))], connection: protocolError },
  '5.1 WINDOW_UPDATE on an idle stream': { frames: [frame(8, 0, 1, u32(1))], connection: protocolError },
  '5.1 CONTINUATION on an idle stream': {
    frames: [frame(9, endHeaders, 1, request)],
    connection: protocolError,
  },
  '5.1 HEADERS after END_STREAM': { frames: [headers(1), headers(1)], connection: streamClosed },
  '5.1 DATA after END_STREAM': { frames: [headers(1), data(1, endStream)], stream: streamClosed },
  '5.1 CONTINUATION after END_STREAM': {
    frames: [headers(1), frame(9, endHeaders, 1, request)],
    connection: protocolError,
  },
  '5.1 DATA after RST_STREAM': {
    frames: [headers(1, endHeaders), frame(3, 0, 1, u32(8)), data(1, endStream)],
    stream: streamClosed,
  },
  '5.1 HEADERS after RST_STREAM': {
    frames: [headers(1, endHeaders), frame(3, 0, 1, u32(8)), headers(1)],
    connection: streamClosed,
  },
  '5.1.1 a stream with an even id': { frames: [headers(2)], connection: protocolError },
  '5.1.1 a stream with a smaller id': { frames: [headers(5), headers(3)], connection: protocolError },
  '5.3.1 HEADERS that depend on themselves': {
    frames: [headers(1, 37, Buffer.concat([u32(1), Buffer.from([7]), request]))],
    connection: protocolError,
  },
  '5.3.1 PRIORITY that depends on itself': {
    frames: [headers(1, endHeaders), frame(2, 0, 1, '00000001 07')],
    stream: protocolError,
  },
  '6.1 DATA of stream 0': { frames: [data(0, endStream)], connection: protocolError },
  '6.1 DATA with more padding than bytes': {
    frames: [headers(1, endHeaders), frame(0, 9, 1, '06 6162')],
    connection: protocolError,
  },
  '6.2 HEADERS of stream 0': { frames: [headers(0)], connection: protocolError },
  '6.2 HEADERS with more padding than bytes': {
    frames: [headers(1, 13, Buffer.from('ff8286', 'hex'))],
    connection: protocolError,
  },
  '6.3 PRIORITY of stream 0': { frames: [frame(2, 0, 0, '00000001 07')], connection: protocolError },
  '6.3 PRIORITY of another length': {
    frames: [headers(1, endHeaders), frame(2, 0, 1, '00000000')],
    stream: frameSizeError,
  },
  '6.4 RST_STREAM of stream 0': { frames: [frame(3, 0, 0, u32(8))], connection: protocolError },
  '6.4 RST_STREAM of another length': {
    frames: [headers(1, endHeaders), frame(3, 0, 1, '000000')],
    connection: frameSizeError,
  },
  '6.5 an acknowledgement with a payload': {
    frames: [frame(4, 1, 0, '0000 00000000')],
    connection: frameSizeError,
  },
  '6.5 SETTINGS of a stream': { frames: [frame(4, 0, 1)], connection: protocolError },
  '6.5 SETTINGS of another length': { frames: [frame(4, 0, 0, '000300')], connection: frameSizeError },
  '6.5.2 ENABLE_PUSH of 2': { frames: [frame(4, 0, 0, '0002 00000002')], connection: protocolError },
  '6.5.2 INITIAL_WINDOW_SIZE too large': {
    frames: [frame(4, 0, 0, '0004 80000000')],
    connection: flowControlError,
  },
  '6.5.2 MAX_FRAME_SIZE too small': { frames: [frame(4, 0, 0, '0005 00003fff')], connection: protocolError },
  '6.5.2 MAX_FRAME_SIZE too large': { frames: [frame(4, 0, 0, '0005 01000000')], connection: protocolError },
  '6.7 PING of a stream': { frames: [frame(6, 0, 1, Buffer.alloc(8))], connection: protocolError },
  '6.7 PING of another length': { frames: [frame(6, 0, 0, '000000')], connection: frameSizeError },
  '6.8 GOAWAY of a stream': { frames: [frame(7, 0, 1, Buffer.alloc(8))], connection: protocolError },
  '6.9 WINDOW_UPDATE of 0': { frames: [frame(8, 0, 0, u32(0))], connection: protocolError },
  '6.9 WINDOW_UPDATE of 0 of a stream': {
    frames: [headers(1, endHeaders), frame(8, 0, 1, u32(0))],
    stream: protocolError,
  },
  '6.9 WINDOW_UPDATE of another length': { frames: [frame(8, 0, 0, '000001')], connection: frameSizeError },
  '6.9.1 a window above 2^31-1': {
    frames: [frame(8, 0, 0, u32(0x7fff_ffff)), frame(8, 0, 0, u32(0x7fff_ffff))],
    connection: flowControlError,
  },
  '6.9.1 a window of a stream above 2^31-1': {
    frames: [headers(1, endHeaders), frame(8, 0, 1, u32(0x7fff_ffff)), frame(8, 0, 1, u32(0x7fff_ffff))],
    stream: flowControlError,
  },
  '6.10 CONTINUATION after the end of the headers': {
    frames: [headers(1, endHeaders), frame(9, endHeaders, 1, request)],
    connection: protocolError,
  },
  '6.10 CONTINUATION of stream 0': {
    frames: [headers(1, endStream), frame(9, endHeaders, 0, '')],
    connection: protocolError,
  },
  '8.1 trailers without END_STREAM': {
    frames: [headers(1, endHeaders), headers(1, endHeaders, block({ a: 'b' }))],
    stream: protocolError,
  },
  '8.1.2 a name in upper case': {
    frames: [headers(1, 5, Buffer.concat([request, block({ 'X-Test': 'a' })]))],
    stream: protocolError,
  },
  '8.1.2.1 an unknown field of HTTP/2': {
    frames: [headers(1, 5, Buffer.concat([block({ ':test': 'a' }), request]))],
    stream: protocolError,
  },
  '8.1.2.1 a field of a response': {
    frames: [headers(1, 5, Buffer.concat([block({ ':status': '200' }), request]))],
    stream: protocolError,
  },
  '8.1.2.1 a field of HTTP/2 in trailers': {
    frames: [headers(1, endHeaders), headers(1, 5, block({ ':method': 'GET' }))],
    stream: protocolError,
  },
  '8.1.2.1 a field of HTTP/2 after others': {
    frames: [headers(1, 5, Buffer.concat([block({ a: 'b' }), request]))],
    stream: protocolError,
  },
  '8.1.2.2 connection': {
    frames: [headers(1, 5, Buffer.concat([request, block({ connection: 'keep-alive' })]))],
    stream: protocolError,
  },
  '8.1.2.2 te of another value': {
    frames: [headers(1, 5, block({ ':method': 'POST', ':scheme': 'http', ':path': '/', te: 'gzip' }))],
    stream: protocolError,
  },
  '8.1.2.3 an empty path': {
    frames: [headers(1, 5, block({ ':method': 'POST', ':scheme': 'http', ':path': '' }))],
    stream: protocolError,
  },
  '8.1.2.3 no method': {
    frames: [headers(1, 5, block({ ':scheme': 'http', ':path': '/' }))],
    stream: protocolError,
  },
  '8.1.2.3 a method twice': {
    frames: [headers(1, 5, Buffer.concat([block({ ':method': 'POST' }), request]))],
    stream: protocolError,
  },
  '8.1.2.6 less data than content-length says': {
    frames: [
      headers(1, endHeaders, Buffer.concat([request, block({ 'content-length': '2' })])),
      data(1, endStream),
    ],
    stream: protocolError,
  },
  '8.1.2.6 no data, although content-length says so': {
    frames: [headers(1, 5, Buffer.concat([request, block({ 'content-length': '2' })]))],
    stream: protocolError,
  },
  '8.2 a push': { frames: [frame(5, endHeaders, 1, '00000002')], connection: protocolError },
};

describe('a server', limits, () => {
  for (const [what, { frames, connection, stream }] of Object.entries(atServer)) {
    it(`refuses ${what}`, async () => {
      const { peer } = echoServer();
      peer.send(...frames);
      if (connection !== undefined) {
        assert.equal(await peer.farewell(), connection);
        return;
      }
      const reset = await peer.next(frameType.rstStream);
      assert.equal(reset?.payload.readUInt32BE(0), stream);
      peer.send(headers(11));
      assert.equal((await peer.headers())[':status'], '200', 'the connection goes on');
    });
  }

  it('hangs up on who does not speak HTTP/2', async () => {
    const [ours, theirs] = pairOfEnds();
    const connection = new Http2Connection(ours, 'server', connectionLimits, quiet);
    const peer = new RawPeer(theirs, false);
    peer.send(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    assert.equal(await peer.farewell(), protocolError);
    assert.equal(connection.streams, 0);
  });

  it('answers, acknowledges settings and pings, and ignores what it does not know', async () => {
    const { peer } = echoServer();
    peer.send(
      frame(frameType.settings, 0, 0, '00ff 00000001'),
      frame(0x16, 0xff, 0, Buffer.alloc(8)),
      frame(frameType.priority, 0, 7, '00000000 10'),
      frame(frameType.ping, 0, 0, Buffer.from('12345678')),
      headers(1, endHeaders),
      data(1, 0, 'hel'),
      data(1, endStream, 'lo'),
    );
    const ping = await peer.next(frameType.ping);
    assert.deepEqual([ping?.flags, ping?.payload.toString()], [1, '12345678']);
    assert.equal(peer.frames.filter(({ type, flags }) => type === 4 && flags === 1).length, 2);
    assert.deepEqual(await peer.headers(), { ':status': '200' });
    const echoed = await peer.next(frameType.data);
    assert.deepEqual([echoed?.payload.toString(), echoed?.flags], ['hello', 1]);
  });

  it('sends no more than the windows allow, also when they shrink below nothing', async () => {
    const { peer } = echoServer();
    peer.send(
      frame(frameType.settings, 0, 0, '0004 00000003'),
      headers(1, endHeaders),
      data(1, endStream, 'abcdefgh'),
    );
    assert.equal((await peer.next(frameType.data))?.payload.toString(), 'abc');
    peer.send(frame(frameType.settings, 0, 0, '0004 00000001'), frame(8, 0, 1, u32(2)));
    peer.send(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
    await peer.next(frameType.ping);
    peer.send(frame(8, 0, 1, u32(1)));
    assert.equal((await peer.next(frameType.data))?.payload.toString(), 'd');
    peer.send(frame(8, 0, 1, u32(100)));
    const last = await peer.next(frameType.data);
    assert.deepEqual([last?.payload.toString(), last?.flags], ['efgh', endStream]);
  });

  it('refuses streams beyond its limit, and takes others once there is room', async () => {
    const { peer } = echoServer({ peerStreams: 2 });
    peer.send(headers(1, endHeaders), headers(3, endHeaders), headers(5));
    const reset = await peer.next(frameType.rstStream);
    assert.deepEqual([reset?.streamId, reset?.payload.readUInt32BE(0)], [5, errorCode.refusedStream]);
    peer.send(data(1, endStream), headers(7));
    await peer.headers();
    assert.equal((await peer.headers())[':status'], '200');
  });
});

/** Floods: each is more than an honest peer ever sends. */
const floods: Readonly<Record<string, readonly Buffer[]>> = {
  pings: Array.from({ length: 5000 }, () => frame(frameType.ping, 0, 0, Buffer.alloc(8))),
  settings: Array.from({ length: 5000 }, () => settings),
  priorities: Array.from({ length: 5000 }, () => frame(2, 0, 3, '00000000 10')),
  'empty data': [headers(1, endHeaders), ...Array.from({ length: 9000 }, () => data(1, 0, ''))],
  'padding without data': [
    headers(1, endHeaders),
    ...Array.from({ length: 9000 }, () => frame(0, 8, 1, '03 000000')),
  ],
  'unknown frames': Array.from({ length: 5000 }, () => frame(99, 0, 0)),
  'window updates': Array.from({ length: 5000 }, () => frame(8, 0, 0, u32(1))),
  'streams that are reset at once': Array.from({ length: 5000 }, (_, n) =>
    Buffer.concat([headers(2 * n + 1, endHeaders), frame(3, 0, 2 * n + 1, u32(8))]),
  ),
  'CONTINUATION without an end': [
    headers(1, 0),
    ...Array.from({ length: 100 }, () => frame(9, 0, 1, Buffer.alloc(0))),
  ],
  'a header block of megabytes': [
    headers(1, 0),
    ...Array.from({ length: 20 }, () => frame(9, 0, 1, Buffer.alloc(16_000))),
  ],
  'many settings in one frame': [frame(4, 0, 0, Buffer.alloc(6 * 33))],
  'streams of malformed headers': Array.from({ length: 200 }, (_, n) =>
    headers(2 * n + 1, 5, block({ ':method': 'POST' })),
  ),
};

describe('a connection ends itself in a flood of', limits, () => {
  for (const [what, frames] of Object.entries(floods)) {
    it(what, async () => {
      const { peer, losses } = echoServer();
      peer.send(...frames);
      assert.equal(await peer.farewell(), enhanceYourCalm);
      assert.ok(losses.length <= 2000, 'and has not worked it all off');
    });
  }

  it('answers that nobody reads', async () => {
    const [ours] = pairOfEnds();
    ours._write = () => undefined; // never done: the other side does not read
    const why: string[] = [];
    new Http2Connection(
      ours,
      'client',
      { ...connectionLimits, idleFrames: 1e9 },
      {
        ...quiet,
        closed: (reason) => why.push(reason),
      },
    );
    ours.push(settings);
    for (let sent = 0; sent < 5000; sent += 1) ours.push(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
    while (why.length === 0) await new Promise(setImmediate);
    assert.match(why[0] ?? '', /limit unreadAnswers is 4096/);
  });
});

const atClient: Readonly<Record<string, Violation>> = {
  'a stream of the server': { frames: [headers(2, 5, response)], connection: protocolError },
  'a push': { frames: [frame(5, endHeaders, 1, '00000002')], connection: protocolError },
  'a frame before the settings': { frames: [], connection: protocolError },
  'an answer on a stream that was not opened': {
    frames: [headers(3, 5, response)],
    connection: protocolError,
  },
  'data before the headers': { frames: [data(1, 0)], stream: protocolError },
  'a response without a status': {
    frames: [headers(1, endHeaders, block({ a: 'b' }))],
    stream: protocolError,
  },
  'a second response': { frames: [headers(1, 4, response), headers(1, 5, response)], stream: protocolError },
  'the end of a stream with an informational status': {
    frames: [headers(1, 5, block({ ':status': '103' }))],
    stream: protocolError,
  },
  'pushes allowed by a server': { frames: [frame(4, 0, 0, '0002 00000001')], connection: protocolError },
  'more data than the window of a stream': {
    frames: [
      headers(1, endHeaders, response),
      ...Array.from({ length: 17 }, () => frame(0, 0, 1, Buffer.alloc(16_384))),
    ],
    stream: flowControlError,
  },
  'headers of a megabyte': {
    frames: [
      headers(1, 0, response),
      ...Array.from({ length: 5 }, () => frame(9, 0, 1, bigField(16_000))),
      frame(9, 4, 1, ''),
    ],
    stream: enhanceYourCalm,
  },
};

/** A literal field of about this length. */
function bigField(length: number): Buffer {
  const value = Buffer.alloc(length, 'v');
  const rest = length - 127;
  return Buffer.concat([Buffer.from([0, 1, 0x61, 0x7f, (rest & 0x7f) | 0x80, rest >> 7]), value]);
}

describe('a client', limits, () => {
  for (const [what, { frames, connection, stream }] of Object.entries(atClient)) {
    it(`refuses ${what}`, async () => {
      const { peer, told } = client();
      if (frames.length === 0) peer.send(headers(1, 5, response));
      else peer.send(settings, ...frames);
      if (connection !== undefined) {
        assert.equal(await peer.farewell(), connection);
        assert.match(told.join(), /closed lost/);
      } else {
        const reset = await peer.next(frameType.rstStream);
        assert.equal(reset?.payload.readUInt32BE(0), stream);
        assert.equal(told.at(-1), `closed fault ${stream}`);
      }
    });
  }

  it('hears the answer, after informational ones, and its trailers', async () => {
    const { peer, told } = client();
    peer.send(
      settings,
      headers(1, 4, block({ ':status': '103' })),
      headers(1, 4, response),
      data(1, 0, 'hello'),
      headers(1, 5, block({ 'grpc-status': '0' })),
    );
    while (told.at(-1) !== 'closed') await new Promise(setImmediate);
    assert.deepEqual(told, ['headers :status 200', 'data hello', 'headers grpc-status 0 .', 'closed']);
  });

  it('ignores what was on its way when it reset the stream', async () => {
    const { peer, stream, told } = client();
    stream.reset(errorCode.cancel);
    await peer.next(frameType.rstStream);
    peer.send(
      settings,
      headers(1, 4, response),
      data(1, 0),
      headers(1, 5, block({ a: 'b' })),
      frame(3, 0, 1, u32(0)),
    );
    peer.send(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
    await peer.next(frameType.ping);
    assert.deepEqual(told, []);
  });

  it('knows of streams that a leaving server has not heard of', async () => {
    const { peer, connection, told } = client();
    const second: string[] = [];
    connection
      .open({
        headers: () => undefined,
        data: () => undefined,
        ended: () => undefined,
        drained: () => undefined,
        closed: (loss) => second.push(loss?.kind === 'reset' ? String(loss.code) : 'no reset'),
      })
      .sendHeaders(request, true);
    peer.send(settings, frame(7, 0, 0, Buffer.concat([u32(1), u32(0)])), headers(1, 5, response));
    while (told.length < 2) await new Promise(setImmediate);
    assert.deepEqual(second, [String(errorCode.refusedStream)]);
    assert.deepEqual(told, ['headers :status 200 .', 'closed']);
    assert.equal(connection.hasRoom, false);
  });

  it('gives credit in large portions, for the connection and for a stream', async () => {
    const { peer, stream } = client();
    peer.send(settings, headers(1, endHeaders, response));
    for (let sent = 0; sent < 15; sent += 1) peer.send(frame(0, 0, 1, Buffer.alloc(16_384)));
    peer.send(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
    await peer.next(frameType.ping);
    assert.equal(
      peer.frames.filter(({ type }) => type === frameType.windowUpdate).length,
      1,
      'the first one',
    );
    stream.credit();
    const update = await peer.next(frameType.windowUpdate);
    assert.deepEqual([update?.streamId, update?.payload.readUInt32BE(0)], [1, 15 * 16_384]);
  });

  it('sends in one write what belongs to one turn, answers to pings too', async () => {
    const [ours, theirs] = pairOfEnds();
    const connection = new Http2Connection(ours, 'client', connectionLimits, quiet);
    const peer = new RawPeer(theirs, true);
    peer.send(settings);
    await peer.next(frameType.settings);
    await new Promise(setImmediate);
    let writes = 0;
    theirs.on('data', () => (writes += 1));
    const open = (): void => {
      const stream = connection.open({
        headers: () => undefined,
        data: () => undefined,
        ended: () => undefined,
        drained: () => undefined,
        closed: () => undefined,
      });
      stream.sendHeaders(request);
      stream.send(Buffer.from('message'), true);
    };
    ours.once('data', () => {
      void Promise.resolve().then(open).then(open);
    });
    peer.send(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
    await peer.next(frameType.ping);
    assert.equal(writes, 1);
    assert.equal(peer.frames.filter(({ type }) => type === frameType.data).length, 2);
  });
});

it(
  'sends the right bytes on a stream that keeps what is written, and says at once that it has sent it',
  limits,
  async () => {
    const kept: Buffer[] = [];
    const keeper = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        kept.push(chunk);
        done();
      },
    });
    const connection = new Http2Connection(keeper, 'client', connectionLimits, quiet);
    const nobody: StreamEvents = { ...unheard };
    for (const letter of ['a', 'b']) {
      const stream = connection.open(nobody);
      stream.sendHeaders(connection.encoder.encode(new CommonFields([':method', 'POST'])));
      stream.send(Buffer.alloc(20_000, letter), true);
      await new Promise(setImmediate);
    }
    connection.destroy('the test is over');
    const bytes = Buffer.concat(kept);
    for (const letter of ['a', 'b']) {
      assert.equal(bytes.filter((octet) => octet === letter.charCodeAt(0)).length >= 20_000, true, letter);
    }
  },
);
