/** What a refused registration must not tell. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { toPluginEntry } from '../../src/catalog/index.ts';
import { InvalidOptionError } from '../../src/errors.ts';

it('names the field of a registration that is wrong, and no value of it or of its variables', () => {
  const registration = {
    type: 'secret',
    name: 'kv',
    ociImage: 'localhost/kv:1',
    env: { TOKEN: 'hunter2-in-a-variable' },
    args: ['hunter2-in-an-argument'],
    memoryBytes: 'hunter2-as-a-number',
  };
  assert.throws(
    () => toPluginEntry(registration as never),
    (error: Error) => {
      assert.ok(error instanceof InvalidOptionError);
      assert.match(error.message, /memoryBytes/);
      assert.doesNotMatch(`${error.message} ${error.hint ?? ''}`, /hunter2/);
      return true;
    },
  );
});
