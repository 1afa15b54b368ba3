/** Messages in the body of a call: they are found however it is cut, and little memory is held for what is only announced. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeldBytes } from '../../../src/goplugin/grpc/held-bytes.ts';
import { LimitExceeded } from '../../../src/goplugin/grpc/limit-error.ts';
import { framed, MessageReader } from '../../../src/goplugin/grpc/message-reader.ts';
import { limits, longestMessage } from '../../../src/goplugin/limits.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** What stands before a message of this length (gRPC: PROTOCOL-HTTP2.md, "Length-Prefixed-Message"). */
function prefix(length: number, flag = 0): Buffer {
  const bytes = Buffer.from([flag, 0, 0, 0, 0]);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

/** Bytes that differ from their neighbours, so that none can be lost or in another place. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = at % 251;
  return bytes;
}

/** Whether an error names this limit. */
function beyond(limit: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof LimitExceeded, String(error));
    assert.deepEqual([error.status, error.limit], ['RESOURCE_EXHAUSTED', limit]);
    assert.match(error.message, message);
    return true;
  };
}

describe('the messages of a body', () => {
  it('are found where one comes whole', () => {
    const reader = new MessageReader();
    assert.deepEqual(reader.push(Buffer.from('000000000161', 'hex')), [Buffer.from('a')]);
    assert.equal(reader.atEnd, true);
  });

  it('are found wherever the body is cut', () => {
    const messages = ['a', 'bcdefgh', '', 'ij', ''].map((text) => Buffer.from(text));
    const body = Buffer.concat(messages.flatMap((message) => [prefix(message.length), message]));
    for (let first = 0; first <= body.length; first += 1) {
      for (let second = first; second <= body.length; second += 1) {
        const reader = new MessageReader();
        const pieces = [body.subarray(0, first), body.subarray(first, second), body.subarray(second)];
        const found = pieces.flatMap((piece) => reader.push(piece));
        assert.deepEqual(found, messages, `cut at ${first} and ${second}`);
        assert.equal(reader.atEnd, true, `cut at ${first} and ${second}`);
      }
    }
  });

  it('are found where each byte comes by itself', () => {
    const reader = new MessageReader();
    const body = Buffer.concat([prefix(3), Buffer.from('abc'), prefix(0), prefix(2), Buffer.from('de')]);
    const found = [...body].flatMap((byte) => reader.push(Buffer.from([byte])));
    assert.deepEqual(found.map(String), ['abc', '', 'de']);
  });

  it('stay as they are when the memory in which they came is used again', () => {
    const reader = new MessageReader();
    const chunk = Buffer.concat([prefix(2), Buffer.from('ab'), prefix(4), Buffer.from('cd')]);
    const found = reader.push(chunk);
    chunk.fill(0xff);
    found.push(...reader.push(Buffer.from('ef')));
    assert.deepEqual(found.map(String), ['ab', 'cdef']);
  });

  it('are known to be incomplete in the midst of a prefix, and of a message', () => {
    const reader = new MessageReader();
    assert.equal(reader.atEnd, true);
    const states = ['00', '00000002', '61', '62'].map((piece) => {
      reader.push(Buffer.from(piece, 'hex'));
      return reader.atEnd;
    });
    assert.deepEqual(states, [false, false, false, true]);
  });

  it('are refused when one is compressed, which nobody asked for', () => {
    const wrong = { name: 'StatusError', status: 'INTERNAL', message: /is compressed/ };
    assert.throws(() => new MessageReader().push(prefix(0, 1)), wrong);
    const behind = Buffer.concat([prefix(1), Buffer.from('a'), prefix(1, 1), Buffer.from('b')]);
    assert.throws(() => new MessageReader().push(behind), wrong);
  });

  it('are refused when one is longer than its limit, before it has arrived', () => {
    const reader = new MessageReader({ name: 'brokerMessageBytes', bytes: 4 });
    const longest = Buffer.from('abcd');
    assert.deepEqual(reader.push(Buffer.concat([prefix(4), longest])), [longest]);
    const words = /^a message of 5 bytes, and the limit brokerMessageBytes is 4$/;
    assert.throws(() => reader.push(prefix(5)), beyond('brokerMessageBytes', words));
  });

  it('may be as long as those of a host in Go where no limit is given', () => {
    assert.deepEqual(new MessageReader().push(prefix(longestMessage)), []);
    assert.throws(() => new MessageReader().push(prefix(longestMessage + 1)), LimitExceeded);
  });

  it('may be long, and may not have more fields than their limit', () => {
    const [found] = new MessageReader().push(Buffer.concat([prefix(2 * MiB), Buffer.alloc(2 * MiB)]));
    assert.equal(found?.length, 2 * MiB);
    // A field of two bytes, again and again.
    const fields = Buffer.alloc(2 * (limits.fieldsOfMessage.value + 1), Buffer.from([8, 0]));
    assert.throws(
      () => new MessageReader().push(Buffer.concat([prefix(fields.length), fields])),
      beyond('fieldsOfMessage', /^a message has more fields/),
    );
  });
});

describe('the memory of a message that has not arrived whole', () => {
  it('is as much as a short message needs', () => {
    const held = new HeldBytes(MiB);
    const reader = new MessageReader(undefined, held);
    reader.push(prefix(10));
    assert.equal(held.held, 10);
    reader.push(Buffer.from('0123456789'));
    assert.equal(held.held, 0);
  });

  it('is 128 KiB of a long one, then twice as much as has arrived, and never more than the message', () => {
    const held = new HeldBytes(MiB);
    const reader = new MessageReader(undefined, held);
    const message = pattern(300 * KiB);
    const found: Buffer[] = [];
    /** The memory in KiB, and how many messages have been found. */
    const after = (from: number, to: number): readonly number[] => {
      const piece = message.subarray(from, to);
      found.push(...reader.push(from === 0 ? Buffer.concat([prefix(message.length), piece]) : piece));
      return [held.held / KiB, found.length];
    };
    assert.deepEqual(after(0, 128 * KiB), [128, 0]);
    assert.deepEqual(after(128 * KiB, 128 * KiB + 1), [256, 0]);
    assert.deepEqual(after(128 * KiB + 1, 256 * KiB), [256, 0]);
    assert.deepEqual(after(256 * KiB, 256 * KiB + 1), [300, 0]);
    assert.deepEqual(after(256 * KiB + 1, message.length), [0, 1]);
    assert.ok(found[0]?.equals(message), 'the message is another one');
  });

  it('is given back once when the message is dropped, and the reader goes on', () => {
    const held = new HeldBytes(MiB);
    const reader = new MessageReader(undefined, held);
    reader.discard();
    reader.push(Buffer.concat([prefix(300), Buffer.from('a')]));
    assert.equal(held.held, 300);
    reader.discard();
    reader.discard();
    assert.deepEqual([held.held, reader.atEnd], [0, true]);
    assert.deepEqual(reader.push(Buffer.concat([prefix(2), Buffer.from('bc')])), [Buffer.from('bc')]);
  });

  it('is refused when the calls of a connection would hold too much together', () => {
    const held = new HeldBytes(MiB);
    const announced = prefix(MiB);
    const readers = Array.from({ length: 32 }, () => new MessageReader(undefined, held));
    for (const reader of readers) reader.push(announced);
    const last = new MessageReader(undefined, held);
    assert.throws(() => last.push(announced), beyond('heldMessages', /have not arrived whole/));
    readers[0]?.discard();
    assert.deepEqual(last.push(announced), []);
  });
});

it('sends a message behind its prefix: a short one as one piece, a long one as it is', (t) => {
  // Memory is used again, so that it may hold anything.
  t.mock.method(Buffer, 'allocUnsafe', (length: number) => Buffer.alloc(length, 0xff));
  for (const length of [0, 1, 300, 16 * KiB]) {
    const message = pattern(length);
    const pieces = framed(message);
    assert.equal(pieces.length, 1, `${length} bytes`);
    assert.ok(pieces[0] && Buffer.concat([prefix(length), message]).equals(pieces[0]), `${length} bytes`);
  }
  const long = pattern(16 * KiB + 1);
  const [head, body, ...others] = framed(long);
  assert.deepEqual([head, others], [prefix(long.length), []]);
  assert.equal(body, long);
});
