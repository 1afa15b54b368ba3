/** Data of a call that wait for its reader: they are kept whole, and the other side sends no more than the window. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallsInProgress } from '../../../src/goplugin/grpc/client/calls-in-progress.ts';
import { callServerStream } from '../../../src/goplugin/grpc/client/calls.ts';
import { Http2Channel } from '../../../src/goplugin/grpc/client/http2-channel.ts';
import { framed } from '../../../src/goplugin/grpc/message-reader.ts';
import { ConnectionServer } from '../../../src/goplugin/grpc/server/server.ts';
import { UnreadData } from '../../../src/goplugin/grpc/unread-data.ts';
import { clientPreface, frameType } from '../../../src/goplugin/http2/protocol.ts';
import { service, type MethodShape } from '../../../src/goplugin/index.ts';
import { limits } from '../../../src/goplugin/limits.ts';
import { block, frame, pairOfEnds, RawPeer } from './raw-peer.ts';

const limited = { timeout: 30_000 };
const settings = frame(frameType.settings, 0, 0);
const endHeaders = 4;
const padded = 8;
const window = limits.streamWindowBytes.value;
const same = (bytes: Buffer): Buffer => bytes;
const codec = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};
const repeat: MethodShape = { path: '/a.B/Repeat', requestStream: false, responseStream: true, ...codec };
const collect = { path: '/a.B/Collect', requestStream: true, responseStream: false, ...codec } as const;

/** Messages that say their number, together somewhat less than the window. */
const numbers = Array.from({ length: 240 }, (_, at) => at);
const bytesOfAll = Buffer.concat(
  numbers.flatMap((number) => framed(Buffer.concat([Buffer.from([number]), Buffer.alloc(994)]))),
);

function dataFrames(bytes: Buffer, length: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += length)
    frames.push(frame(frameType.data, 0, 1, bytes.subarray(at, at + length)));
  return frames;
}

/** A frame of data that has nothing but padding. */
const onlyPadding = frame(frameType.data, padded, 1, Buffer.concat([Buffer.from([99]), Buffer.alloc(99)]));

/** A reader of messages, and the side that sends them. */
interface Reading {
  readonly peer: RawPeer;
  readonly messages: AsyncIterator<unknown>;
}

/** Messages are the replies of a call. */
async function replies(): Promise<Reading> {
  const [ours, theirs] = pairOfEnds();
  const peer = new RawPeer(theirs, true);
  const channel = new Http2Channel(() => Promise.resolve(ours), undefined);
  const target = {
    channel: () => channel,
    inProgress: new CallsInProgress(),
    explain: (failure: Error) => Promise.resolve(failure),
  };
  const messages = callServerStream(target, repeat, Buffer.from('all'))[Symbol.asyncIterator]();
  const first = messages.next();
  await peer.next(frameType.headers);
  const headers = block({ ':status': '200', 'content-type': 'application/grpc' });
  peer.send(
    settings,
    frame(frameType.headers, endHeaders, 1, headers),
    frame(0, 0, 1, framed(Buffer.alloc(0))[0]),
  );
  await first;
  return { peer, messages };
}

/** Messages are the requests of a call that is served. */
async function requests(): Promise<Reading> {
  const [ours, theirs] = pairOfEnds();
  const peer = new RawPeer(theirs, false);
  const messages = new Promise<AsyncIterator<unknown>>((resolve) => {
    const served = service(
      { Collect: collect },
      {
        collect: async (received) => {
          const iterator = received[Symbol.asyncIterator]();
          await iterator.next();
          resolve(iterator);
          await new Promise(() => undefined);
          return Buffer.alloc(0);
        },
      },
    );
    new ConnectionServer([[served]], undefined).serve(ours);
  });
  const headers = block({
    ...{ ':method': 'POST', ':scheme': 'http', ':path': collect.path, ':authority': 'a' },
    ...{ te: 'trailers', 'content-type': 'application/grpc' },
  });
  peer.send(clientPreface, settings, frame(frameType.headers, endHeaders, 1, headers));
  peer.send(frame(0, 0, 1, framed(Buffer.alloc(0))[0]));
  return { peer, messages: await messages };
}

/** The credit that the reader has given for its stream so far. */
function credit({ frames }: RawPeer): number {
  return frames
    .filter(({ type, streamId }) => type === frameType.windowUpdate && streamId === 1)
    .reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0);
}

/** Resolves when everything that was sent before has been heard and answered. */
async function heard(peer: RawPeer): Promise<void> {
  peer.send(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
  await peer.next(frameType.ping);
}

const readings = { 'replies of a call': replies, 'requests of a call': requests };

for (const [what, begin] of Object.entries(readings)) {
  describe(`${what} that wait for their reader`, limited, () => {
    it('are read in order, however they are cut', async () => {
      for (const length of [7, 1_000, 16_384]) {
        const { peer, messages } = await begin();
        peer.send(...dataFrames(bytesOfAll, length));
        await heard(peer);
        for (const number of numbers) {
          const { value } = (await messages.next()) as IteratorResult<Buffer, undefined>;
          assert.deepEqual([value?.[0], value?.length], [number, 995]);
        }
      }
    });

    it('give credit for what has been read while the rest waits', async () => {
      const { peer, messages } = await begin();
      peer.send(...dataFrames(bytesOfAll, 16_384));
      await heard(peer);
      assert.equal(credit(peer), 0);
      let read = 0;
      for (; credit(peer) === 0; read += 1) {
        await messages.next();
        await new Promise(setImmediate);
      }
      assert.ok(read < numbers.length, `${read} were read`);
      assert.ok(
        credit(peer) >= window / 2 && credit(peer) <= read * 1_000 + 2 * 16_384,
        String(credit(peer)),
      );
    });

    it('get no credit for a frame that has only padding', async () => {
      const { peer } = await begin();
      peer.send(...dataFrames(bytesOfAll, 16_384), onlyPadding, onlyPadding);
      await heard(peer);
      assert.equal(credit(peer), 0);
      peer.send(...dataFrames(Buffer.alloc(window - bytesOfAll.length), 16_384));
      const reset = await peer.next(frameType.rstStream);
      assert.equal(reset?.streamId, 1, 'more than the window was taken');
    });
  });
}

it('keeps what waits in little more memory than it has bytes', () => {
  const unread = new UnreadData();
  for (let at = 0; at < 100_000; at += 1) unread.add(Buffer.from([at % 251]));
  assert.equal(unread.length, 100_000);
  const chunks: Buffer[] = [];
  for (let chunk = unread.take(); chunk; chunk = unread.take()) chunks.push(Buffer.from(chunk));
  assert.ok(chunks.length < 12, `${chunks.length} chunks`);
  assert.ok(chunks.every(({ length }) => length <= 16_384));
  assert.deepEqual(
    [...Buffer.concat(chunks)],
    Array.from({ length: 100_000 }, (_, at) => at % 251),
  );
  assert.equal(unread.length, 0);
});
