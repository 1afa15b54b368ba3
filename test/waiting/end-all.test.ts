import assert from 'node:assert/strict';
import { it } from 'node:test';
import { endAll } from '../../src/waiting/end-all.ts';

it('ends everything in order whatever fails, and throws the first failure', async () => {
  const ended: number[] = [];
  const first = new Error('the first');
  const end = (number: number, error?: Error) => async (): Promise<void> => {
    await Promise.resolve();
    ended.push(number);
    if (error !== undefined) throw error;
  };
  const throwing = (): void => {
    ended.push(3);
    throw new Error('another one');
  };
  await assert.rejects(endAll([end(1), end(2, first), throwing, end(4)]), first);
  assert.deepEqual(ended, [1, 2, 3, 4]);
  await endAll([end(5)]);
});
