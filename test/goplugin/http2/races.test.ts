/** What may cross on a connection: an end at any byte, resets and answers, a farewell with calls under way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallStatus } from '../../../src/goplugin/grpc/client/call-end.ts';
import { Http2Channel } from '../../../src/goplugin/grpc/client/http2-channel.ts';
import type { Http2Call } from '../../../src/goplugin/grpc/client/http2-call.ts';
import { Intake } from '../../../src/goplugin/grpc/server/intake.ts';
import { framed } from '../../../src/goplugin/grpc/message-reader.ts';
import { ConnectionServer } from '../../../src/goplugin/grpc/server/server.ts';
import { clientPreface, frameType } from '../../../src/goplugin/http2/protocol.ts';
import { service, type ServiceDefinition } from '../../../src/goplugin/index.ts';
import { block, frame, pairOfEnds, RawPeer, u32 } from './raw-peer.ts';

const limits = { timeout: 30_000 };
const settings = frame(frameType.settings, 0, 0);
const message = Buffer.concat(framed(Buffer.from('reply')));
const answer = (id: number): Buffer =>
  Buffer.concat([
    frame(1, 4, id, block({ ':status': '200', 'content-type': 'application/grpc' })),
    frame(0, 0, id, message),
    frame(1, 5, id, block({ 'grpc-status': '0' })),
  ]);

interface Outcome {
  readonly messages: string[];
  readonly status: CallStatus;
}

function begin(channel: Http2Channel): { call: Http2Call; outcome: Promise<Outcome> } {
  let call: Http2Call | undefined;
  const outcome = new Promise<Outcome>((resolve) => {
    const messages: string[] = [];
    call = channel.call('/a.B/C', Infinity, {
      message: (each) => messages.push(String(each)),
      ended: (status) => {
        resolve({ messages, status });
      },
    });
    call.start();
    call.send(Buffer.from('request'), true);
  });
  if (call === undefined) throw new Error('the call was not made');
  return { call, outcome };
}

/** A channel, and the other side of each of its connections. */
function channelTo(): { channel: Http2Channel; peers: RawPeer[]; connected: () => Promise<RawPeer> } {
  const peers: RawPeer[] = [];
  let tell: () => void = () => undefined;
  const channel = new Http2Channel(() => {
    const [ours, theirs] = pairOfEnds();
    peers.push(new RawPeer(theirs, true));
    tell();
    return Promise.resolve(ours);
  }, undefined);
  const connected = async (): Promise<RawPeer> => {
    if (peers.length === 0) await new Promise<void>((resolve) => (tell = resolve));
    const [peer] = peers;
    if (peer === undefined) throw new Error('nobody has connected');
    await peer.next(frameType.headers);
    return peer;
  };
  return { channel, peers, connected };
}

describe('a call', limits, () => {
  it('ends however few bytes of the answer come before the other side dies', async () => {
    const whole = Buffer.concat([settings, answer(1)]);
    for (let length = 0; length <= whole.length; length += 1) {
      const { channel, connected } = channelTo();
      const { outcome } = begin(channel);
      const peer = await connected();
      peer.send(whole.subarray(0, length));
      peer.socket.destroy();
      const { messages, status } = await outcome;
      const complete = length === whole.length;
      assert.equal(status.code, complete ? 0 : 14, `after ${length} bytes: ${status.details}`);
      assert.equal(status.progress, undefined, 'it may have been heard');
      if (complete) assert.deepEqual(messages, ['reply']);
      channel.close();
    }
  });

  it('has its answer although a reset follows, and its status although data were expected', async () => {
    const { channel, connected } = channelTo();
    const { outcome } = begin(channel);
    const peer = await connected();
    peer.send(settings, answer(1), frame(3, 0, 1, u32(0)), frame(3, 0, 1, u32(8)));
    assert.deepEqual((await outcome).messages, ['reply']);
    const second = begin(channel);
    await peer.next(frameType.headers);
    peer.send(frame(1, 5, 3, block({ ':status': '200', 'grpc-status': '5', 'grpc-message': 'no' })));
    const { status } = await second.outcome;
    assert.deepEqual([status.code, status.details], [5, 'no']);
    channel.close();
  });

  it('that was cancelled hears nothing more, and the next one goes on', async () => {
    const { channel, connected } = channelTo();
    const { call, outcome } = begin(channel);
    const peer = await connected();
    call.cancel();
    peer.send(settings, answer(1));
    assert.deepEqual([(await outcome).status.code, (await outcome).messages], [1, []]);
    assert.equal((await peer.next(frameType.rstStream))?.payload.readUInt32BE(0), 8);
    const next = begin(channel);
    await peer.next(frameType.headers);
    peer.send(answer(3));
    assert.deepEqual((await next.outcome).messages, ['reply']);
    channel.close();
  });

  it('under way ends as it should when the server says farewell; a later one gets a connection of its own', async () => {
    const { channel, connected, peers } = channelTo();
    const first = begin(channel);
    const peer = await connected();
    const unheard = begin(channel);
    await peer.next(frameType.headers);
    peer.send(settings, frame(7, 0, 0, Buffer.concat([u32(1), u32(0)])));
    const { status } = await unheard.outcome;
    assert.deepEqual([status.code, status.progress], [14, 'NOT_STARTED']);
    const later = begin(channel);
    peer.send(answer(1));
    assert.deepEqual((await first.outcome).messages, ['reply']);
    while (peers.length < 2) await new Promise(setImmediate);
    await peers[1]?.next(frameType.headers);
    peers[1]?.send(settings, answer(1));
    assert.deepEqual((await later.outcome).messages, ['reply']);
    channel.close();
  });

  it('waits while the server allows no further streams', async () => {
    const { channel, connected } = channelTo();
    const first = begin(channel);
    const peer = await connected();
    peer.send(frame(4, 0, 0, '0003 00000001'));
    await channel.ready();
    const second = begin(channel);
    const third = begin(channel);
    third.call.cancel();
    assert.equal((await third.outcome).status.progress, 'NOT_STARTED', 'it was never sent');
    peer.send(answer(1));
    await first.outcome;
    assert.equal((await peer.next(frameType.headers))?.streamId, 3);
    peer.send(answer(3));
    assert.deepEqual((await second.outcome).messages, ['reply']);
    channel.close();
  });
});

const bytes = (value: Buffer): Buffer => value;
const echo = {
  Echo: {
    path: '/a.B/C',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
} satisfies ServiceDefinition;
const request = block({
  ':method': 'POST',
  ':scheme': 'http',
  ':path': '/a.B/C',
  te: 'trailers',
  'content-type': 'application/grpc',
});

describe('a server', limits, () => {
  it('counts nothing any more however few bytes of a request come before its caller dies', async () => {
    const whole = Buffer.concat([
      clientPreface,
      settings,
      frame(1, 4, 1, request),
      frame(0, 1, 1, Buffer.concat(framed(Buffer.alloc(100)))),
    ]);
    const intake = new Intake();
    const server = new ConnectionServer(
      [[service(echo, { echo: (each: Buffer) => each })]],
      undefined,
      intake,
    );
    for (let length = 0; length <= whole.length; length += 1) {
      const [ours, theirs] = pairOfEnds();
      server.serve(ours);
      theirs.resume();
      theirs.write(whole.subarray(0, length));
      theirs.destroy();
      while (intake.connections > 0) await new Promise(setImmediate);
      assert.deepEqual([intake.calls, intake.held.held], [0, 0], `after ${length} bytes`);
    }
    server.close();
  });

  it('tells a caller that still sends to stop, once it has the answer', async () => {
    const server = new ConnectionServer([[service(echo, {})]], undefined);
    const [ours, theirs] = pairOfEnds();
    server.serve(ours);
    const peer = new RawPeer(theirs, false);
    peer.send(clientPreface, settings, frame(1, 4, 1, request));
    assert.equal((await peer.headers())['grpc-status'], '12');
    assert.equal((await peer.next(frameType.rstStream))?.payload.readUInt32BE(0), 0);
    peer.send(frame(0, 1, 1, 'aa'), frame(6, 0, 0, Buffer.alloc(8)));
    await peer.next(frameType.ping);
    server.close();
  });

  it('refuses what is not gRPC with a status of HTTP', async () => {
    const server = new ConnectionServer([[service(echo, {})]], undefined);
    const [ours, theirs] = pairOfEnds();
    server.serve(ours);
    const peer = new RawPeer(theirs, false);
    const page = block({ ':method': 'GET', ':scheme': 'http', ':path': '/' });
    peer.send(clientPreface, settings, frame(1, 5, 1, page));
    assert.equal((await peer.headers())[':status'], '405');
    peer.send(frame(1, 5, 3, block({ ':method': 'POST', ':scheme': 'http', ':path': '/' })));
    assert.equal((await peer.headers())[':status'], '415');
    server.close();
  });

  it('answers no more calls than it keeps count of when its caller reads nothing', async () => {
    let handled = 0;
    const intake = new Intake();
    const counting = service(echo, {
      echo: (each: Buffer) => {
        handled += 1;
        return each;
      },
    });
    const server = new ConnectionServer([[counting]], undefined, intake);
    const [ours, theirs] = pairOfEnds();
    ours._write = () => undefined; // never done: the other side does not read
    server.serve(ours);
    theirs.write(Buffer.concat([clientPreface, settings]));
    const data = Buffer.concat(framed(Buffer.alloc(0)));
    for (let id = 1; id < 50_000; id += 2) {
      theirs.write(Buffer.concat([frame(1, 4, id, request), frame(0, 1, id, data)]));
      if (id % 200 === 1) await new Promise(setImmediate);
    }
    while (intake.connections > 0) await new Promise(setImmediate); // until it has hung up
    assert.ok(handled < 12_000, `${handled} calls were answered`);
    server.close();
  });
});
