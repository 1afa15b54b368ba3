import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requestData } from '../../src/cli/vault/request-data.ts';
import { withoutValues } from '../../src/cli/vault/without-values.ts';
import { BulkheadError } from '../../src/errors.ts';

const sources = {
  file: (path: string) => Promise.resolve(path.endsWith('.json') ? '{"from":"file","n":1}' : `of ${path}\n`),
  stdin: () => Promise.resolve('{"big":12345678901234567890,"__proto__":{"a":1}}'),
};
const data = (...words: string[]) => requestData(words, sources);

it('reads the data of a request as the command line of Vault does', async () => {
  assert.deepEqual(await data(), {});
  assert.deepEqual(await data('a=b', 'c=d=e', 'f='), { a: 'b', c: 'd=e', f: '' });
  assert.deepEqual(await data('a=1', 'a=2', 'a=3'), { a: ['1', '2', '3'] });
  assert.deepEqual(await data('a=@x.txt', String.raw`b=\@x`), { a: 'of x.txt\n', b: '@x' });
  assert.deepEqual(await data('@x.json', 'n=2'), { from: 'file', n: [1, '2'] });
  const { a } = await data('a=-');
  assert.match(String(a), /^\{"big"/);
  const read = await data('-');
  assert.equal(read['big'], 12345678901234567890n);
  assert.ok(Object.hasOwn(read, '__proto__'));
});

it('removes the values of a request from the errors of its plugin', () => {
  const error = new BulkheadError('VAULT_REQUEST_REFUSED', 'no "hunter2\\"x", and no blue');
  const clean = withoutValues(error, { a: { b: ['hunter2"x', 'blue'] } }) as BulkheadError;
  assert.equal(clean.message, 'no "[removed]", and no blue');
  assert.equal(clean.code, 'VAULT_REQUEST_REFUSED');
  assert.equal(withoutValues(error, { a: 'short' }), error);
});
