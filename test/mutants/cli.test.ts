/** Flags that are required. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requiredText } from '../../src/cli/flags.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

it('takes nothing, and an empty text, for no value of a required flag', () => {
  const flag = requiredText('NAME', 'the name');
  assert.throws(() => flag.convert([], '-name'), UsageError);
  assert.throws(() => flag.convert([''], '-name'), UsageError);
  assert.equal(flag.convert(['a', 'b'], '-name'), 'b');
});
