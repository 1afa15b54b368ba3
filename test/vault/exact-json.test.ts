import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseExact, stringifyExact } from '../../src/vault/wire/exact-json.ts';

describe('exact JSON', () => {
  it('keeps whole numbers of any length, and makes bigints only of those that need it', () => {
    const text =
      '{"id":9223372036854775807,"least":-9223372036854775808,"safe":9007199254740991,"small":7,"huge":123456789012345678901234567890}';
    const value = parseExact(text);
    assert.deepEqual(value, {
      id: 9223372036854775807n,
      least: -9223372036854775808n,
      safe: 9007199254740991,
      small: 7,
      huge: 123456789012345678901234567890n,
    });
    assert.equal(stringifyExact(value), text);
  });

  it('leaves fractions, exponents and digits in texts alone', () => {
    const text =
      '["1234567890123456789","\\\\\\"1234567890123456789\\\\",0.12345678901234567,1.2345678901234567e+30,12345678901234567.5]';
    assert.deepEqual(parseExact(text), JSON.parse(text));
    const exponents = '[1234567890123456789e3,1e-1234567890123456]';
    assert.deepEqual(parseExact(exponents), JSON.parse(exponents));
  });

  it('accepts nothing that is no JSON', () => {
    for (const text of [
      '01234567890123456789',
      '-',
      '--12345678901234567',
      '{"a":12345678901234567',
      '"1234567890123456',
    ])
      assert.throws(() => parseExact(text), SyntaxError, text);
  });

  it('refuses what would hold up or overflow whoever reads it: endless numbers, endless nesting', () => {
    assert.equal(typeof parseExact(`[${'9'.repeat(1000)}]`), 'object');
    assert.throws(() => parseExact(`[${'9'.repeat(4_000_000)}]`), SyntaxError);
    const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;
    assert.equal(stringifyExact(parseExact(nested(1000))), nested(1000));
    assert.throws(() => parseExact(nested(1002)), RangeError);
    const flat = `[${'[],'.repeat(2000)}"${'['.repeat(2000)}\\"["]`;
    assert.equal(stringifyExact(parseExact(flat)), flat);
  });

  it('gives back whatever it has written', () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.bigInt({ min: 2n ** 53n }),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(leaf, fc.array(tie('any')), fc.dictionary(fc.string(), tie('any'))),
    })).any;
    fc.assert(
      fc.property(value, (given) => {
        const text = stringifyExact(given);
        assert.equal(stringifyExact(parseExact(text ?? '')), text);
      }),
    );
  });

  it('reads what has no long numbers as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/\d{16}/.test(text)); // longer than a number of JavaScript can be
        assert.deepEqual(
          parseExact(`[${text},"1234567890123456789"]`),
          JSON.parse(`[${text},"1234567890123456789"]`),
        );
      }),
    );
  });
});
