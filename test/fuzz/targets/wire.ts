/** Frames and messages of a plugin's connection. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { framed, MessageReader } from '../../../src/goplugin/grpc/message-reader.ts';
import { StatusError } from '../../../src/goplugin/grpc/status.ts';
import * as messages from '../../../src/goplugin/wire/messages.ts';
import { bytesField, readFields, varintField } from '../../../src/goplugin/wire/protobuf.ts';
import { YamuxError } from '../../../src/goplugin/yamux/errors.ts';
import {
  encodeHeader,
  FrameReader,
  frameType,
  headerLength,
  type FrameHeader,
} from '../../../src/goplugin/yamux/frame.ts';
import { YamuxSession } from '../../../src/goplugin/yamux/session.ts';
import { bounded, sameHoweverCut } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const connInfo = messages.encodeConnInfo({
  serviceId: 7,
  network: 'unix',
  address: '/tmp/x',
  knock: { knock: true, ack: false, error: 'no' },
});

function frame(type: number, flags: number, streamId: number, payload: string | number): Buffer {
  const length = typeof payload === 'number' ? payload : payload.length;
  const header = Buffer.from(encodeHeader({ type, flags, streamId, length }));
  return Buffer.concat([header, Buffer.from(typeof payload === 'number' ? '' : payload)]);
}

const frames = Buffer.concat([
  frame(frameType.windowUpdate, 1, 1, 0),
  frame(frameType.data, 0, 1, 'hello'),
  frame(frameType.ping, 1, 0, 9),
  frame(frameType.data, 5, 3, 'x'),
  frame(frameType.windowUpdate, 8, 1, 0),
  frame(frameType.goAway, 0, 0, 0),
]);
const frameWords = [0, 1, 2, 3].flatMap((type) => [1, 2, 4, 8, 15].map((flags) => frame(type, flags, 1, 0)));

/** The mutator changes whole frames more often than they would stay frames by chance. */
function mendFrames(input: Buffer): Buffer {
  for (let at = 0; at + headerLength <= input.length;) {
    input[at] = 0;
    input[at + 1] = (input[at + 1] ?? 0) & 3;
    const length = input[at + 1] === 0 ? input.readUInt32BE(at + 8) % 64 : 0;
    if (input[at + 1] === 0) input.writeUInt32BE(length, at + 8);
    at += headerLength + length;
  }
  return input;
}

/** A connection by which nothing but the input comes, and nothing that is written is read. */
class Deaf extends Duplex {
  override _read(): void {
    // Pushed from outside.
  }
  override _write(_chunk: unknown, _encoding: unknown, _done: () => void): void {
    // Never done: the other side does not read.
  }
}

export const wireTargets: readonly FuzzTarget[] = [
  {
    name: 'protobuf',
    run(input) {
      let total = 0;
      for (const field of readFields(input)) {
        assert.ok(field.number > 0);
        if (field.kind !== 'varint') total += field.value.length;
      }
      bounded('fields', total, input, 1, 0);
    },
    allowed: [RangeError],
    seeds: () => [
      connInfo,
      Buffer.concat([varintField(1, 0xffff_ffff), bytesField(2, 'x'), Buffer.from('0d01020304', 'hex')]),
    ],
    words: [Buffer.from('ffffffffffffffffff01', 'hex'), Buffer.from('ffffffff0f', 'hex')],
  },
  {
    name: 'messages',
    run(input) {
      const { decodeConnInfo, decodeHealthCheckRequest, decodeHealthCheckResponse, decodeStdioData } =
        messages;
      const info = decodeConnInfo(input);
      assert.deepEqual(decodeConnInfo(messages.encodeConnInfo(info)), info);
      const data = decodeStdioData(input);
      assert.deepEqual(decodeStdioData(messages.encodeStdioData(data)), data);
      const health = decodeHealthCheckResponse(input);
      assert.deepEqual(decodeHealthCheckResponse(messages.encodeHealthCheckResponse(health)), health);
      decodeHealthCheckRequest(input);
    },
    allowed: [RangeError],
    seeds: () => [connInfo, messages.encodeStdioData({ channel: 1, data: Buffer.from('out') })],
    words: [bytesField(4, '', true), varintField(1, 1)],
  },
  {
    name: 'grpc-frames',
    run(input) {
      const read = sameHoweverCut(input, (parts) => {
        const reader = new MessageReader();
        return { messages: parts.flatMap((part) => reader.push(Buffer.from(part))), atEnd: reader.atEnd };
      });
      bounded('messages', Buffer.concat(read.messages).length, input, 1, 0);
      if (read.atEnd) assert.ok(Buffer.concat(read.messages.flatMap(framed)).equals(input));
    },
    allowed: [StatusError],
    seeds: () => [
      Buffer.concat([...framed(connInfo), ...framed(Buffer.from('second')), ...framed(Buffer.alloc(0))]),
    ],
    words: [
      Buffer.from('0000000000', 'hex'),
      Buffer.from('00ffffffff', 'hex'),
      Buffer.from('007fffffff', 'hex'),
    ],
  },
  {
    name: 'yamux-frames',
    run(input) {
      const read = sameHoweverCut(input, (parts) => {
        const seen: { header: FrameHeader; payload: string; last: boolean }[] = [];
        const reader = new FrameReader({
          header: (header) => seen.push({ header, payload: '', last: false }),
          payload(_header, piece, last) {
            const present = seen.at(-1);
            if (present === undefined) throw new Error('a payload without a header');
            present.payload += piece.toString('latin1');
            present.last = last;
          },
        });
        for (const part of parts) reader.push(part);
        return seen;
      });
      bounded('payloads', read.map(({ payload }) => payload).join('').length, input, 1, 0);
    },
    allowed: [YamuxError],
    seeds: () => [frames],
    words: frameWords,
  },
  {
    name: 'yamux-session',
    async run(input) {
      const connection = new Deaf();
      let opened = 0;
      const session = new YamuxSession(connection, {
        role: 'server',
        onStream(stream) {
          opened += 1;
          stream.on('error', () => undefined);
        },
      });
      connection.on('error', () => undefined);
      for (let at = 0; at < input.length; at += 700) connection.push(input.subarray(at, at + 700));
      connection.push(null);
      connection.resume();
      const failure = await session.closed;
      bounded('streams', opened, input, 1 / headerLength, 1);
      if (failure !== undefined) throw failure;
    },
    allowed: [YamuxError],
    seeds: () => [frames],
    words: frameWords,
    mend: mendFrames,
    longest: 4096,
  },
];
