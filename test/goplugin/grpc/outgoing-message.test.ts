/** Messages on their way out: which bytes a stream is given, in how many pieces, and in whose memory. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { kept, outgoing, sendMessage, withEncoder } from '../../../src/goplugin/grpc/outgoing-message.ts';
import type { Encoding, OutgoingMessage } from '../../../src/goplugin/grpc/outgoing-message.ts';
import { Http2Stream, unheard } from '../../../src/goplugin/http2/stream.ts';

const KiB = 1024;
const prefixLength = 5;

/** Bytes that differ from their neighbours. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = at % 251;
  return bytes;
}

/** A message that is not encoded yet. */
function encoding(bytes: Buffer): Encoding {
  return {
    length: bytes.length,
    finish: (allocate) => {
      const memory = allocate(bytes.length);
      memory.set(bytes);
      return memory;
    },
  };
}

/** Sends a message over a stream whose connection takes so many bytes. */
function sent(message: OutgoingMessage, last?: boolean, taken = Infinity) {
  const pieces: { readonly given: Uint8Array; readonly bytes: Buffer; readonly end: boolean }[] = [];
  const nothing = (): void => undefined;
  const stream = new Http2Stream(
    1,
    unheard,
    {
      copiesData: true,
      sendNow: (_stream, given, end) => {
        pieces.push({ given, bytes: Buffer.from(given), end });
        return Math.min(given.length, taken);
      },
      ...{ pump: nothing, headers: nothing, reset: nothing, credit: nothing, release: nothing },
    },
    65_535,
  );
  const isSent = sendMessage(stream, message, last);
  return { pieces, isSent };
}

/** Checks what was sent, without an error that would show all of it. */
function assertSent(message: OutgoingMessage, body: Buffer, lengths: readonly number[]): void {
  const { pieces, isSent } = sent(message);
  assert.equal(isSent, true);
  const what = `a message of ${body.length} bytes`;
  assert.deepEqual(
    pieces.map(({ bytes }) => bytes.length),
    lengths,
    what,
  );
  const all = Buffer.concat(pieces.map(({ bytes }) => bytes));
  const prefix = Buffer.alloc(prefixLength);
  prefix.writeUInt32BE(body.length, 1);
  assert.deepEqual(all.subarray(0, prefixLength), prefix, what);
  assert.ok(all.subarray(prefixLength).equals(body), what);
}

// It is the first here, because the memory for what is sent is taken once.
it('says that a message is not compressed, whatever the memory held before', (t) => {
  t.mock.method(Buffer, 'allocUnsafeSlow', (length: number) => Buffer.alloc(length, 0xff));
  assertSent(Buffer.from('ab'), Buffer.from('ab'), [7]);
});

it('sends a message that is encoded already: a short one as one piece, a long one without a copy', () => {
  for (const length of [0, 1, 300, 16 * KiB]) {
    const message = pattern(length);
    assertSent(message, message, [prefixLength + length]);
  }
  const long = pattern(16 * KiB + 1);
  assertSent(long, long, [prefixLength, long.length]);
  assert.equal(sent(long).pieces[1]?.given, long);
});

it('encodes a message into the memory of the last one, as long as it fits behind its prefix', () => {
  for (const length of [0, 300, 20 * KiB, 256 * KiB - prefixLength]) {
    const body = pattern(length);
    assertSent(encoding(body), body, [prefixLength + length]);
  }
  const [first, second] = ['a', 'b'].map((text) => sent(encoding(Buffer.from(text))).pieces[0]?.given.buffer);
  assert.equal(first, second);
  const long = pattern(256 * KiB - prefixLength + 1);
  assertSent(encoding(long), long, [prefixLength, long.length]);
});

it('sends a short message behind a longer one', () => {
  sent(encoding(pattern(1_000)));
  assertSent(encoding(Buffer.from('ab')), Buffer.from('ab'), [7]);
  assertSent(Buffer.from('c'), Buffer.from('c'), [6]);
});

it('ends the stream with the last piece of the last message only', () => {
  const ends = (message: OutgoingMessage, last?: boolean) => sent(message, last).pieces.map(({ end }) => end);
  const long = pattern(16 * KiB + 1);
  assert.deepEqual(ends(Buffer.from('a')), [false]);
  assert.deepEqual(ends(Buffer.from('a'), true), [true]);
  assert.deepEqual(ends(long), [false, false]);
  assert.deepEqual(ends(long, true), [false, true]);
});

it('tells whether a message has to wait', () => {
  assert.equal(sent(Buffer.from('a')).isSent, true);
  assert.equal(sent(Buffer.from('a'), false, 2).isSent, false);
  assert.equal(sent(encoding(pattern(300 * KiB)), false, prefixLength).isSent, false);
});

it('encodes a message in two steps where that is known, and with its serializer where it is not', () => {
  const serialize = (value: string): Buffer => Buffer.from(`whole ${value}`);
  const given = serialize as (value: never) => Buffer;
  assert.deepEqual(outgoing(given, 'a'), Buffer.from('whole a'));
  const encode = (value: unknown): Encoding => encoding(Buffer.from(`steps ${String(value)}`));
  assert.equal(withEncoder(given, encode), given);
  assert.equal(String(kept(outgoing(given, 'a'))), 'steps a');
});

it('keeps a message that has to wait in memory of its own', () => {
  const encoded = Buffer.from('a');
  assert.equal(kept(encoded), encoded);
  const two = [kept(encoding(Buffer.from('b'))), kept(encoding(Buffer.from('c')))];
  assert.deepEqual(two.map(String), ['b', 'c']);
});
