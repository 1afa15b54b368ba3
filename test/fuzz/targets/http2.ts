/** What the other side of an HTTP/2 connection sends: frames, header blocks, whole conversations in both roles. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { connectionLimits } from '../../../src/goplugin/grpc/connection/connection-limits.ts';
import { Http2Connection } from '../../../src/goplugin/http2/connection.ts';
import { ConnectionFault } from '../../../src/goplugin/http2/errors.ts';
import { FrameReader } from '../../../src/goplugin/http2/frame-reader.ts';
import { FrameWriter } from '../../../src/goplugin/http2/frame-writer.ts';
import { HpackDecoder } from '../../../src/goplugin/http2/hpack-decoder.ts';
import { CommonFields, HpackEncoder } from '../../../src/goplugin/http2/hpack-encoder.ts';
import { decodeHuffman, encodeHuffman } from '../../../src/goplugin/http2/huffman.ts';
import { clientPreface, frameHeaderLength } from '../../../src/goplugin/http2/protocol.ts';
import { bounded, sameHoweverCut } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const request = [':method', 'POST', ':scheme', 'http', ':path', '/a.B/C', 'te', 'trailers'];
const response = [':status', '200', 'content-type', 'application/grpc'];
const trailers = ['grpc-status', '0'];

function blockOf(fields: readonly string[]): Buffer {
  return new HpackEncoder().encode(new CommonFields([]), fields);
}

function written(write: (writer: FrameWriter) => void): Buffer {
  const writer = new FrameWriter();
  write(writer);
  return Buffer.concat(writer.take());
}

const fromServer = written((writer) => {
  writer.settings([[4, 65_535]]);
  writer.settingsAck();
  writer.headers(1, blockOf(response), false, 16_384);
  writer.data(1, Buffer.from('0000000002abcd', 'hex'), 0, 7, false);
  writer.windowUpdate(1, 1000);
  writer.headers(1, blockOf(trailers), true, 16_384);
  writer.pingAck(Buffer.alloc(8));
  writer.rstStream(3, 8);
  writer.goAway(3, 0, '');
});
const fromClient = written((writer) => {
  writer.settings([[4, 65_535]]);
  writer.headers(1, blockOf(request), false, 16_384);
  writer.data(1, Buffer.from('0000000002abcd', 'hex'), 0, 7, true);
  writer.headers(3, blockOf(request), false, 4);
  writer.rstStream(3, 8);
  writer.windowUpdate(0, 1000);
  writer.headers(5, blockOf(request), true, 16_384);
});
const frameWords = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((type) =>
  Buffer.from([0, 0, 8, type, 0xd, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]),
);

/** Keeps the lengths of frames small, so that more than the first frame is read. */
function mendFrames(input: Buffer): Buffer {
  for (let at = 0; at + frameHeaderLength <= input.length; at += frameHeaderLength + (input[at + 2] ?? 0)) {
    input[at] = input[at + 1] = 0;
    input[at + 2] = (input[at + 2] ?? 0) % 64;
    input[at + 3] = (input[at + 3] ?? 0) % 10;
    input[at + 5] = input[at + 6] = input[at + 7] = 0;
    input[at + 8] = (input[at + 8] ?? 0) % 8;
  }
  return input;
}

/** A connection by which nothing but the input comes. What is written goes nowhere. */
class Sink extends Duplex {
  override _read(): void {
    // Pushed from outside.
  }
  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done();
  }
}

/** Gives a connection the input, in pieces, then the end, and looks at what its user was told. */
async function converse(role: 'client' | 'server', input: Buffer): Promise<void> {
  const socket = new Sink();
  let told = 0;
  let bytes = 0;
  let open = 0;
  let why: string | undefined;
  const events = (onEnd: () => void) => ({
    headers: () => (told += 1),
    data: (piece: Buffer) => {
      bytes += piece.length;
    },
    ended: onEnd,
    drained: () => undefined,
    closed: () => (open -= 1),
  });
  const connection: Http2Connection = new Http2Connection(socket, role, connectionLimits, {
    ready: () => undefined,
    goingAway: () => undefined,
    roomForStreams: () => undefined,
    closed: (reason) => (why = reason),
    accept: (stream, { kind }, ended) => {
      assert.equal(role, 'server');
      assert.equal(kind, 'request');
      open += 1;
      const reply = (): void => {
        stream.sendHeaders(connection.encoder.encode(new CommonFields(response)));
        stream.send(Buffer.from('answer'));
        stream.sendTrailers(() => connection.encoder.encode(new CommonFields(trailers)));
      };
      if (ended) reply();
      return events(reply);
    },
  });
  if (role === 'client') {
    for (let count = 0; count < 3; count += 1) {
      open += 1;
      const stream = connection.open(events(() => undefined));
      stream.sendHeaders(connection.encoder.encode(new CommonFields(request)), count === 0);
      if (count > 0) stream.send(Buffer.alloc(10), count === 1);
    }
  } else socket.push(clientPreface);
  for (let at = 0; at < input.length; at += 700) socket.push(input.subarray(at, at + 700));
  socket.push(null);
  while (why === undefined) await new Promise(setImmediate);
  assert.equal(open, 0, 'every stream has heard of its end');
  assert.equal(connection.streams, 0);
  bounded('data', bytes, input, 1, 0);
  bounded('headers', told, input, 1 / frameHeaderLength, 1);
}

export const http2Targets: readonly FuzzTarget[] = [
  {
    name: 'http2-frames',
    run(input) {
      const read = sameHoweverCut(input, (parts) => {
        const seen: string[] = [];
        const reader = new FrameReader({
          frame: (type, flags, id, payload) => {
            seen.push(`${type} ${flags} ${id} ${payload.toString('latin1')}`);
          },
          dataBegins: (id, length) => seen.push(`data ${id} ${length} `),
          dataPiece: (piece) => {
            seen.push(`${seen.pop() ?? ''}${piece.toString('latin1')}`);
          },
          dataEnds: (flags) => seen.push(`end ${flags}`),
        });
        for (const part of parts) reader.push(Buffer.from(part));
        return seen;
      });
      bounded('frames', read.length, input, 2 / frameHeaderLength, 2);
    },
    allowed: [ConnectionFault],
    seeds: () => [fromServer, fromClient],
    words: frameWords,
    mend: mendFrames,
  },
  {
    name: 'hpack',
    run(input) {
      const decoder = new HpackDecoder({ bytes: 64 * 1024, fields: 128 });
      const first = decoder.decode(input)?.fields ?? [];
      assert.ok(first.length <= 256);
      bounded('fields', first.join('').length, Buffer.alloc(64 * 1024), 1, 0);
      // What was decoded is the same after being encoded and decoded.
      const again = new HpackDecoder({ bytes: 1 << 20, fields: 1000 });
      const encoder = new HpackEncoder();
      for (let turn = 0; turn < 2; turn += 1) {
        const block = encoder.encode(new CommonFields(first), first);
        assert.deepEqual(again.decode(block)?.fields ?? [], [...first, ...first]);
      }
    },
    allowed: [ConnectionFault],
    seeds: () => [
      blockOf(request),
      blockOf(response),
      Buffer.from('3fe101488264025885aec3771a4b', 'hex'),
      Buffer.from('828684418cf1e3c2e5f23a6ba0ab90f4ff', 'hex'),
    ],
    words: [Buffer.from('7fffffffff01', 'hex'), Buffer.from('20', 'hex'), Buffer.from('be', 'hex')],
  },
  {
    name: 'huffman',
    run(input) {
      const text = decodeHuffman(input);
      assert.ok(encodeHuffman(text).equals(input), 'there is one code for each text');
    },
    allowed: [ConnectionFault],
    seeds: () => [encodeHuffman('www.example.com'), encodeHuffman('\0\xff~')],
  },
  {
    name: 'http2-server',
    run: (input) => converse('client', input),
    allowed: [],
    seeds: () => [fromServer],
    words: frameWords,
    mend: mendFrames,
    longest: 4096,
  },
  {
    name: 'http2-client',
    run: (input) => converse('server', input),
    allowed: [],
    seeds: () => [fromClient],
    words: frameWords,
    mend: mendFrames,
    longest: 4096,
  },
];
