/** Data that nobody reads yet: they are kept whole and in order, in little more memory than they have bytes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UnreadData } from '../../../src/goplugin/grpc/unread-data.ts';

const KiB = 1024;

/** Bytes that differ from their neighbours. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = at % 251;
  return bytes;
}

/** Adds all bytes, in pieces of one length. */
function add(unread: UnreadData, bytes: Buffer, length = bytes.length): void {
  for (let at = 0; at < bytes.length; at += length) unread.add(bytes.subarray(at, at + length));
}

/** Takes everything: the bytes, and how long each part was. */
function takeAll(unread: UnreadData): { readonly bytes: Buffer; readonly lengths: number[] } {
  const parts: Buffer[] = [];
  for (let part = unread.take(); part; part = unread.take()) parts.push(Buffer.from(part));
  return { bytes: Buffer.concat(parts), lengths: parts.map(({ length }) => length) };
}

describe('data that wait', () => {
  it('are put together', () => {
    const unread = new UnreadData();
    assert.deepEqual([unread.length, unread.take()], [0, undefined]);
    for (const text of ['a', 'bc', '', 'def']) unread.add(Buffer.from(text));
    assert.equal(unread.length, 6);
    assert.equal(String(unread.take()), 'abcdef');
    assert.deepEqual([unread.length, unread.take()], [0, undefined]);
  });

  it('stay as they are when the memory in which they came is used again', () => {
    const unread = new UnreadData();
    const piece = Buffer.from('abc');
    unread.add(piece);
    piece.fill('x');
    assert.equal(String(unread.take()), 'abc');
  });

  it('are taken in their order, however they came', () => {
    const all = pattern(40_000);
    for (const length of [1_000, 7, 16 * KiB, all.length]) {
      const unread = new UnreadData();
      add(unread, all, length);
      assert.equal(unread.length, all.length);
      const { bytes, lengths } = takeAll(unread);
      assert.ok(bytes.equals(all), `pieces of ${length}`);
      assert.ok(Math.max(...lengths) <= 16 * KiB, `pieces of ${length}: ${lengths.join(', ')}`);
      assert.equal(unread.length, 0);
    }
  });

  it('are taken in their order while others come', () => {
    const all = pattern(60_000);
    const unread = new UnreadData();
    const parts: Buffer[] = [];
    for (let at = 0; at < all.length; at += 20_000) {
      add(unread, all.subarray(at, at + 20_000), 3_000);
      const part = unread.take();
      assert.ok(part);
      parts.push(Buffer.from(part));
    }
    assert.ok(Buffer.concat([...parts, takeAll(unread).bytes]).equals(all));
  });
});

describe('the memory of data that wait', () => {
  it('is 1 KiB at first, then four times as much each time, up to what a frame holds', () => {
    const unread = new UnreadData();
    unread.add(Buffer.from('a'));
    assert.equal(unread.take()?.buffer.byteLength, KiB);
    const young = new UnreadData();
    add(young, pattern(40 * KiB), 8);
    assert.deepEqual(takeAll(young).lengths, [KiB, 4 * KiB, 16 * KiB, 16 * KiB, 3 * KiB]);
  });

  it('is filled before more is taken, of which there is as much as the rest needs', () => {
    const unread = new UnreadData();
    unread.add(pattern(1_000));
    unread.add(pattern(24 + 5_000));
    assert.equal(unread.take()?.length, KiB);
    const rest = unread.take();
    assert.deepEqual([rest?.length, rest?.buffer.byteLength], [5_000, 5_000]);
  });

  it('is that of a frame for what is longer', () => {
    const unread = new UnreadData();
    unread.add(pattern(40_000));
    assert.deepEqual(takeAll(unread).lengths, [16 * KiB, 16 * KiB, 40_000 - 32 * KiB]);
  });

  it('is used again when it has been read, where it is as long as a frame', () => {
    const unread = new UnreadData();
    unread.add(pattern(16 * KiB));
    const first = unread.take()?.buffer;
    unread.add(pattern(16 * KiB));
    assert.equal(unread.take()?.buffer, first);
    // Of several parts that wait, one has it.
    const all = pattern(40_000);
    unread.add(all);
    assert.ok(takeAll(unread).bytes.equals(all));
  });

  it('is not used again where it is shorter', () => {
    const unread = new UnreadData();
    unread.add(Buffer.from('a'));
    unread.take();
    unread.add(pattern(40_000));
    assert.deepEqual(takeAll(unread).lengths, [16 * KiB, 16 * KiB, 40_000 - 32 * KiB]);
  });

  it('is short for little, although there is memory for a frame', () => {
    const unread = new UnreadData();
    unread.add(pattern(16 * KiB));
    unread.take();
    unread.add(Buffer.from('a'));
    assert.equal(unread.take()?.buffer.byteLength, 4 * KiB);
  });
});
