import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EngineStreamError, RawStream, RawStreamError } from '../../../src/engine/codec/raw-stream.ts';

interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

const frames = fc.array(
  fc.record({
    stream: fc.constantFrom<Frame['stream']>('stdout', 'stderr'),
    data: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 20 },
);

test('gives back every byte of every stream in its order, wherever the input is split', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat({ max: 2000 }), { maxLength: 10 }), (list, cuts) => {
      const { pieces, complete } = decode(split(encode(list), cuts));
      assert.ok(complete);
      for (const stream of ['stdout', 'stderr'] as const)
        assert.deepEqual(join(pieces, stream), join(list, stream));
    }),
  );
});

test('keeps the order of the two streams, and merges only frames that follow each other', () => {
  fc.assert(
    fc.property(frames, (list) => {
      const { pieces } = decode([encode(list)]);
      const expected = list
        .filter(({ data }) => data.length > 0)
        .map(({ stream }) => stream)
        .filter((stream, i, streams) => stream !== streams[i - 1]);
      assert.deepEqual(
        pieces.map(({ stream }) => stream),
        expected,
      );
    }),
  );
});

test('reads a stream that arrives byte by byte', () => {
  const list: Frame[] = [
    { stream: 'stdout', data: Buffer.from('one\n') },
    { stream: 'stderr', data: Buffer.from('two\n') },
    { stream: 'stderr', data: Buffer.from('') },
    { stream: 'stdout', data: Buffer.from('three\n') },
  ];
  const bytes = encode(list);
  const { pieces, complete } = decode(Array.from(bytes, (byte) => Uint8Array.of(byte)));
  assert.ok(complete);
  assert.equal(join(pieces, 'stdout').toString(), 'one\nthree\n');
  assert.equal(join(pieces, 'stderr').toString(), 'two\n');
});

test('hands on a payload as it comes, and keeps nothing, when a header claims 4 GiB', () => {
  const stream = new RawStream();
  const header = Uint8Array.of(1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
  assert.deepEqual(stream.push(header), []);
  const chunk = new Uint8Array(64 * 1024);
  for (let sent = 0; sent < 0xffff_ffff; sent += 2 ** 28) {
    const [piece, ...others] = stream.push(chunk);
    assert.equal(others.length, 0);
    assert.equal(piece?.data.buffer, chunk.buffer, 'a view of the input, not a copy');
    assert.equal(piece.data.length, chunk.length);
  }
  assert.equal(stream.complete, false);
});

test('tells a truncated stream from a whole one at every byte', () => {
  const bytes = encode([
    { stream: 'stdout', data: Buffer.from('abc') },
    { stream: 'stderr', data: Buffer.from('de') },
  ]);
  const boundaries = new Set([0, 11, bytes.length]);
  for (let end = 0; end <= bytes.length; end += 1) {
    assert.equal(decode([bytes.subarray(0, end)]).complete, boundaries.has(end), `cut after ${end} bytes`);
  }
});

test('refuses what has no frames instead of inventing some', () => {
  assert.throws(() => new RawStream().push(Buffer.from('plain text of a terminal')), RawStreamError);
  assert.throws(() => new RawStream().push(Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 1, 65)), RawStreamError);
});

test('never throws anything else, whatever the bytes are', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (pieces) => {
      const stream = new RawStream();
      try {
        for (const piece of pieces) stream.push(piece);
      } catch (error) {
        assert.ok(error instanceof RawStreamError || error instanceof EngineStreamError);
      }
    }),
  );
});

test('reports a failure that the engine writes into the stream, however it is split', () => {
  const message = Buffer.from('unexpected end of log\n');
  const bytes = Buffer.concat([encode([{ stream: 'stdout', data: Buffer.from('x') }]), frame(3, message)]);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    assert.throws(
      () => decode([bytes.subarray(0, cut), bytes.subarray(cut)]),
      (error) => error instanceof EngineStreamError && error.message === 'unexpected end of log',
    );
  }
  assert.throws(() => decode([frame(3, Buffer.alloc(0))]), EngineStreamError);
});

test('keeps of an endless failure message no more than a message needs', () => {
  const stream = new RawStream();
  stream.push(Uint8Array.of(3, 0, 0, 0, 0xff, 0xff, 0xff, 0xff));
  assert.throws(
    () => {
      for (;;) stream.push(Buffer.alloc(32 * 1024, 'a'));
    },
    (error) => error instanceof EngineStreamError && error.message.length <= 64 * 1024,
  );
});

function frame(stream: number, data: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

function encode(list: readonly Frame[]): Buffer {
  return Buffer.concat(list.map(({ stream, data }) => frame(stream === 'stdout' ? 1 : 2, data)));
}

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

function decode(pieces: readonly Uint8Array[]): { pieces: Frame[]; complete: boolean } {
  const stream = new RawStream();
  return { pieces: pieces.flatMap((piece) => stream.push(piece)), complete: stream.complete };
}

function join(list: readonly Frame[], stream: Frame['stream']): Buffer {
  return Buffer.concat(list.filter((piece) => piece.stream === stream).map(({ data }) => data));
}
