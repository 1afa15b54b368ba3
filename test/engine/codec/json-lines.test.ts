import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonLines } from '../../../src/engine/codec/json-lines.ts';

test('gives every value once, wherever the bytes are split, also inside a character', () => {
  const values = fc.array(
    fc.oneof(
      fc.record({ text: fc.string({ unit: 'grapheme' }) }, { noNullPrototype: true }),
      fc.integer(),
      fc.array(fc.boolean()),
    ),
    {
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(
      values,
      fc.constantFrom('\n', '\r\n', '\n\n'),
      fc.array(fc.nat({ max: 600 })),
      (list, separator, cuts) => {
        const bytes = Buffer.from(list.map((value) => JSON.stringify(value) + separator).join(''));
        assert.deepEqual(decode(bytes, cuts), list);
      },
    ),
  );
});

test('reads input that arrives byte by byte, and a last line without its line break', () => {
  const bytes = Buffer.from('{"a":"ä€😀"}\r\n\n{"b":1}');
  const everywhere = Array.from(bytes, (_, i) => i);
  assert.deepEqual(decode(bytes, everywhere), [{ a: 'ä€😀' }, { b: 1 }]);
});

test('throws a SyntaxError for a line that is not JSON, and nothing else for any bytes', () => {
  assert.throws(() => decode(Buffer.from('{"a":1}\nnot json\n'), []), SyntaxError);
  assert.throws(() => decode(Buffer.from('{"a":'), []), SyntaxError);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        decode(bytes, []);
      } catch (error) {
        assert.ok(error instanceof SyntaxError);
      }
    }),
  );
});

test('refuses a line that never ends instead of keeping it', () => {
  const lines = new JsonLines({ longestLine: 1000 });
  const piece = Buffer.alloc(300, ' ');
  assert.throws(() => {
    for (;;) lines.push(piece);
  }, SyntaxError);
});

function decode(bytes: Uint8Array, cuts: readonly number[]): unknown[] {
  const lines = new JsonLines();
  const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
  const pieces = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
  return [...pieces.flatMap((piece) => lines.push(piece)), ...lines.end()];
}
