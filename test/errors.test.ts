import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BulkheadError, blameMeanings, errorCodes, InvalidOptionError } from '../src/index.ts';

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && path !== 'errors.ts' && path !== 'error-codes.ts')
  .map((path) => readFileSync(join('src', path), 'utf8'))
  .join('\n');

describe('the table of error codes', () => {
  // That every code thrown is in the table, the compiler proves: `code` has the type of the table's keys.
  for (const [code, { blames, meaning }] of Object.entries(errorCodes)) {
    it(`has ${code} only because something throws it, and says what it means`, () => {
      assert.match(meaning, /^[A-Z].*\.$/);
      assert.ok(Object.hasOwn(blameMeanings, blames), `${code} blames ${blames}`);
      if (code !== 'INVALID_OPTION') assert.ok(sources.includes(`'${code}'`), `nothing throws ${code}`);
    });
  }
});

it('an error carries code, cause and hint, and the name of its class', () => {
  const cause = new Error('below');
  const error = new BulkheadError('CLEANUP_FAILED', 'text', { cause, hint: 'do this' });
  assert.equal(error.code, 'CLEANUP_FAILED');
  assert.equal(error.cause, cause);
  assert.equal(error.hint, 'do this');
  assert.equal(error.blames, 'machine');
  assert.equal(new InvalidOptionError('env', 'is wrong').name, 'InvalidOptionError');
  assert.equal(new InvalidOptionError('env', 'is wrong').message, 'env: is wrong');
});
