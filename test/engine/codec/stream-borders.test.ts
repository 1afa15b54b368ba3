/** The borders of what is read from engines and plugins: lengths, limits, and what an error leaves behind. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonLines } from '../../../src/engine/codec/json-lines.ts';
import { EngineStreamError, RawStream, RawStreamError } from '../../../src/engine/codec/raw-stream.ts';
import { fromWholeCharacter, Tail, tailLength, withoutPem } from '../../../src/goplugin/output/tail.ts';

function header(stream: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes[0] = stream;
  bytes.writeUInt32BE(length, 4);
  return bytes;
}

function frame(stream: number, text: string | Uint8Array): Buffer {
  const data = Buffer.from(text);
  return Buffer.concat([header(stream, data.length), data]);
}

describe('a frame of output', () => {
  it('is as long as its four bytes say', () => {
    for (const length of [0x0000_0001, 0x0000_0203, 0x0001_0203, 0x0102_0304]) {
      const stream = new RawStream();
      const data = new Uint8Array(length).fill(0xff); // no header begins like this
      assert.equal(stream.push(header(1, length)).length, 0);
      assert.equal(stream.complete, false);
      stream.push(data.subarray(1));
      assert.equal(stream.complete, false, String(length));
      stream.push(data.subarray(0, 1));
      assert.equal(stream.complete, true, String(length));
    }
  });

  it('is of the stream that its first byte names', () => {
    const streams = [0, 1, 2].map((number) => new RawStream().push(frame(number, 'x'))[0]?.stream);
    assert.deepEqual(streams, ['stdout', 'stdout', 'stderr']);
  });

  it('begins with a number up to three and three zeros, whether it comes whole or in pieces', () => {
    for (const [at, value] of [
      [0, 4],
      [0, 255],
      [1, 1],
      [2, 1],
      [3, 1],
    ] as const) {
      const bytes = frame(1, 'x');
      bytes[at] = value;
      assert.throws(() => new RawStream().push(bytes), RawStreamError);
      const pieces = new RawStream();
      pieces.push(bytes.subarray(0, 5));
      assert.throws(() => pieces.push(bytes.subarray(5)), RawStreamError);
    }
  });

  it('is joined with the next ones of its stream, and leaves the input as it is', () => {
    const input = Buffer.concat([
      frame(1, 'one '),
      frame(1, 'two '),
      frame(1, ''),
      frame(1, 'three'),
      frame(2, 'four'),
      frame(1, 'five '),
      frame(1, 'six'),
      frame(2, 'seven '),
      frame(2, 'eight'),
    ]);
    const before = Buffer.from(input);
    const pieces = new RawStream()
      .push(input)
      .map(({ stream, data }) => `${stream} ${String(Buffer.from(data))}`);
    assert.deepEqual(pieces, [
      'stdout one two three',
      'stderr four',
      'stdout five six',
      'stderr seven eight',
    ]);
    assert.deepEqual(input, before);
  });
});

describe("an engine's own message in the output", () => {
  const messageOf = (...pieces: readonly Uint8Array[]) => {
    const stream = new RawStream();
    try {
      for (const piece of pieces) stream.push(piece);
    } catch (error) {
      assert.ok(error instanceof EngineStreamError);
      return error.message;
    }
    return undefined;
  };

  it('ends it, once the message is whole', () => {
    for (const text of [' it broke: ä€😀\n', 'it broke: ä€😀']) {
      const bytes = frame(3, text);
      assert.equal(messageOf(bytes), 'it broke: ä€😀');
      for (let cut = 0; cut < bytes.length; cut += 1) {
        assert.equal(messageOf(bytes.subarray(0, cut)), undefined);
        assert.equal(messageOf(bytes.subarray(0, cut), bytes.subarray(cut)), 'it broke: ä€😀');
      }
    }
  });

  it('shows that its last character is not whole', () => {
    assert.equal(messageOf(frame(3, Buffer.from('broken: ä').subarray(0, -1))), 'broken: \ufffd');
  });

  it('says that there is no reason where it is empty', () => {
    for (const text of ['', ' \n']) assert.equal(messageOf(frame(3, text)), 'the engine gave no reason');
  });

  it('is cut after 65536 characters, and no more of it is waited for', () => {
    const begin = header(3, 1 << 20);
    assert.equal(messageOf(begin, Buffer.alloc(65_535, 'x')), undefined);
    assert.equal(messageOf(begin, Buffer.alloc(65_536, 'x'))?.length, 65_536);
    assert.equal(messageOf(begin, Buffer.alloc(65_535, 'x'), Buffer.alloc(9, 'x'))?.length, 65_536);
    assert.equal(messageOf(frame(3, 'x'.repeat(70_000)))?.length, 65_536);
  });
});

describe('lines of JSON', () => {
  const line = (length: number) => Buffer.alloc(length, ' ');
  const end = Buffer.from('\n');

  it('have a longest length, whether they come whole or in pieces, and the next one is read after a longer one', () => {
    const ways: readonly ((length: number) => readonly Uint8Array[])[] = [
      (length) => [Buffer.concat([line(length), end])],
      (length) => [line(length), end],
      (length) => [line(4), line(length - 4), end],
      (length) => [line(4), Buffer.concat([line(length - 4), end])],
    ];
    for (const [index, way] of ways.entries()) {
      const lines = new JsonLines({ longestLine: 10 });
      for (const piece of way(10)) assert.deepEqual(lines.push(piece), []);
      assert.throws(
        () => {
          for (const piece of way(11)) lines.push(piece);
        },
        /a line is longer than 10 bytes/,
        String(index),
      );
      const after = new JsonLines({ longestLine: 10 });
      after.push(line(9));
      assert.throws(() => after.push(line(2)), SyntaxError);
      assert.deepEqual(after.push(Buffer.from('{"a":1}\n')), [{ a: 1 }]);
    }
  });

  it('have at most sixteen mebibytes where nothing is said', () => {
    const longest = 16 * 1024 * 1024;
    const lines = new JsonLines();
    assert.deepEqual(lines.push(line(longest)), []);
    assert.throws(() => lines.push(line(1)), SyntaxError);
  });

  it('are read as the caller wishes, without what is around them', () => {
    const read: string[] = [];
    const lines = new JsonLines({ parse: (text) => read.push(text) });
    assert.deepEqual(lines.push(Buffer.from(' one \r\n\n two\nthr')), [1, 2]);
    assert.deepEqual(lines.push(Buffer.from('ee')), []);
    assert.deepEqual(lines.end(), [3]);
    assert.deepEqual(lines.end(), []);
    assert.deepEqual(read, ['one', 'two', 'three']);
  });

  it('are the same wherever they are cut, also after their first byte', () => {
    const bytes = Buffer.from('12\n345\n6');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const lines = new JsonLines();
      const read = [bytes.subarray(0, cut), bytes.subarray(cut)].flatMap((piece) => lines.push(piece));
      assert.deepEqual([...read, ...lines.end()], [12, 345, 6], String(cut));
    }
  });

  it('take no more memory than they are long when they come byte by byte', () => {
    const lines = new JsonLines();
    const before = process.memoryUsage().arrayBuffers;
    for (let sent = 0; sent < 26; sent += 1) lines.push(Buffer.from('1'));
    const more = process.memoryUsage().arrayBuffers - before;
    assert.ok(more < 8 * 1024 * 1024, `${more} bytes`);
    assert.deepEqual(lines.end(), [Number('1'.repeat(26))]);
  });

  it('are kept in memory of their own while they are incomplete', () => {
    const lines = new JsonLines();
    const memory = Buffer.from('{"a":');
    lines.push(memory);
    memory.fill('x');
    assert.deepEqual(lines.push(Buffer.from('1}\n{"b"')), [{ a: 1 }]);
    assert.deepEqual(lines.push(Buffer.from(':2}\n')), [{ b: 2 }]);
  });
});

describe('the end of an output', () => {
  const kept = (limit: number | undefined, ...pieces: readonly string[]) => {
    const tail = new Tail(limit);
    for (const piece of pieces) tail.push(Buffer.from(piece));
    return tail;
  };

  it('has eight kibibytes where nothing is said', () => {
    assert.equal(tailLength, 8_192);
    assert.equal(kept(undefined, 'x'.repeat(8_191)).text().length, 8_191);
    assert.equal(kept(undefined, 'x'.repeat(9_000)).text().length, 8_192);
    assert.equal(new Tail().text(), '');
  });

  it('is the last bytes, in whatever pieces they come', () => {
    const text = 'abcdefghijklmnopqrstuvwxyz';
    for (let first = 0; first <= text.length; first += 1)
      for (let second = first; second <= text.length; second += 1) {
        const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)];
        for (const limit of [1, 5, 8, 26, 30])
          assert.equal(kept(limit, ...pieces).text(), text.slice(-limit), `${limit} of ${pieces.join()}`);
      }
  });

  it('begins with a whole character where its beginning was cut off, and only there', () => {
    assert.equal(kept(4, 'x😀y').text(), 'y');
    assert.equal(kept(5, 'x😀y').text(), '😀y');
    assert.equal(kept(6, 'x😀y').text(), 'x😀y');
    const odd = new Tail(8);
    odd.push(Uint8Array.of(0x80, 0x80, 0x41));
    assert.equal(odd.text(), '\ufffd\ufffdA');
    assert.deepEqual(odd.bytes(), Buffer.of(0x80, 0x80, 0x41));
    assert.deepEqual(fromWholeCharacter(Buffer.of(0x80, 0x80, 0x80, 0x80, 0x41)), Buffer.of(0x80, 0x41));
    assert.deepEqual(fromWholeCharacter(Buffer.of(0xc3, 0xa4)), Buffer.of(0xc3, 0xa4));
    assert.deepEqual(fromWholeCharacter(Buffer.of(0x80)), Buffer.alloc(0));
  });

  it('has no key and no certificate, whole or cut', () => {
    const block = (name: string) => `-----BEGIN ${name}-----\nc2VjcmV0\n-----END ${name}-----`;
    assert.equal(
      withoutPem(`a\n${block('EC PRIVATE KEY')}\nb\n${block('CERTIFICATE')}\nc`),
      'a\n[EC PRIVATE KEY removed]\nb\n[CERTIFICATE removed]\nc',
    );
    assert.equal(
      withoutPem('c2VjcmV0\r\nc2VjcmV0\n-----END PRIVATE KEY-----\nd'),
      '[PRIVATE KEY removed]\nd',
    );
    assert.equal(withoutPem('nothing\nto hide'), 'nothing\nto hide');
  });
});
