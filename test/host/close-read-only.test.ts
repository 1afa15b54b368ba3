/** A host whose directory has become read-only still ends what it runs. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { endControl } from '../../src/host/opening.ts';

it('goes on closing where its socket can not be removed, and says so', async () => {
  const warned: object[] = [];
  const failure = Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' });
  const control = { [Symbol.asyncDispose]: () => Promise.reject(failure) };
  const logger = { warn: (text: string, fields: object) => warned.push({ text, ...fields }) };
  await endControl(control, 'h', logger as never);
  assert.deepEqual(warned, [
    { text: 'the socket of this host could not be removed from its directory', host: 'h', error: failure },
  ]);
  await endControl(undefined, 'h', logger as never);
});
