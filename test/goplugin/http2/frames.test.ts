/** Frames: the same however they are cut, and what is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameReader } from '../../../src/goplugin/http2/frame-reader.ts';
import { FrameWriter } from '../../../src/goplugin/http2/frame-writer.ts';

interface Seen {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  payload: string;
  readonly length?: number;
}

function read(parts: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  let data = '';
  let begun = { streamId: 0, length: 0 };
  const reader = new FrameReader({
    frame: (type, flags, streamId, payload) => {
      seen.push({ type, flags, streamId, payload: payload.toString('hex') });
    },
    dataBegins: (streamId, length) => {
      begun = { streamId, length };
      data = '';
    },
    dataPiece: (piece) => (data += piece.toString('hex')),
    dataEnds: (flags, length) => {
      assert.equal(length, begun.length);
      seen.push({ type: 0, flags, ...begun, payload: data });
    },
  });
  for (const part of parts) reader.push(part);
  return seen;
}

function written(write: (writer: FrameWriter) => void): Buffer {
  const writer = new FrameWriter();
  write(writer);
  const { length } = writer;
  const bytes = Buffer.concat(writer.take());
  assert.equal(bytes.length, length);
  assert.equal(writer.length, 0);
  return bytes;
}

const all = written((writer) => {
  writer.settings([
    [1, 0],
    [4, 262_144],
  ]);
  writer.headers(1, Buffer.from('82868441', 'hex'), false, 16_384);
  writer.headers(3, Buffer.alloc(40, 7), true, 16);
  writer.data(1, Buffer.from('xhellox'), 1, 6, true);
  writer.data(1, Buffer.alloc(0), 0, 0, false);
  writer.pingAck(Buffer.from('12345678'));
  writer.windowUpdate(0, 65_535);
  writer.rstStream(0x7fff_ffff, 8);
  writer.goAway(5, 2, 'why');
  writer.settingsAck();
});
const padded = Buffer.from('000008 00 08 00000001 02 6869aabb00 0000'.replaceAll(' ', ''), 'hex');

describe('frames', () => {
  it('are read as they were written', () => {
    assert.deepEqual(
      read([all]).map(({ type, flags, streamId, payload }) => [type, flags, streamId, payload]),
      [
        [4, 0, 0, '000100000000000400040000'],
        [1, 4, 1, '82868441'],
        [1, 1, 3, '07'.repeat(16)],
        [9, 0, 3, '07'.repeat(16)],
        [9, 4, 3, '07'.repeat(8)],
        [0, 1, 1, Buffer.from('hello').toString('hex')],
        [0, 0, 1, ''],
        [6, 1, 0, Buffer.from('12345678').toString('hex')],
        [8, 0, 0, '0000ffff'],
        [3, 0, 0x7fff_ffff, '00000008'],
        [7, 0, 0, `0000000500000002${Buffer.from('why').toString('hex')}`],
        [4, 1, 0, ''],
      ],
    );
  });

  it('are the same however they are cut', () => {
    const bytes = Buffer.concat([all, padded, all]);
    const whole = read([bytes]);
    for (let step = 1; step < 40; step += 1) {
      const parts: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += step) parts.push(bytes.subarray(at, at + step));
      assert.deepEqual(read(parts), whole, `in pieces of ${step}`);
    }
  });

  it('lose their padding, which counts for flow control', () => {
    assert.deepEqual(read([padded]), [{ type: 0, flags: 8, streamId: 1, payload: '6869aabb00', length: 8 }]);
  });

  it('are refused when too long, or padded beyond their end', () => {
    const wrong = { '004001 00 00 00000001': 6, '000000 00 08 00000001': 6, '000002 00 08 00000001 0200': 1 };
    for (const [bytes, code] of Object.entries(wrong)) {
      assert.throws(() => read([Buffer.from(bytes.replaceAll(' ', ''), 'hex')]), { code }, bytes);
    }
  });

  it('are written into one piece, but for long data, and none is written twice', () => {
    const writer = new FrameWriter();
    writer.pingAck(Buffer.alloc(8, 1));
    writer.windowUpdate(0, 1);
    const [first, ...others] = writer.take();
    assert.equal(others.length, 0);
    const long = Buffer.alloc(16_384, 3);
    writer.pingAck(Buffer.alloc(8, 2));
    writer.data(1, long, 0, 16_384, false);
    writer.data(1, Buffer.from('short'), 0, 5, true);
    const pieces = writer.take();
    assert.equal(pieces.length, 3);
    assert.equal(pieces[1]?.buffer, long.buffer, 'it is not copied');
    assert.equal(first?.at(-1), 1, 'what was taken is not written over');
  });
});
