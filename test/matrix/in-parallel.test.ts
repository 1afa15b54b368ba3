/** Many launches at once, within what engines bear. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { inParallel } from '../../src/matrix/in-parallel.ts';

const never = new AbortController().signal;

describe('work in parallel', () => {
  it('gives results in the order of the items, never more at once than allowed, by key and overall', async () => {
    const items = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1', 'c2', 'c3'];
    const running: string[] = [];
    let most = 0;
    const results = await inParallel(
      items,
      async (item) => {
        running.push(item);
        most = Math.max(most, running.length);
        assert.ok(running.filter((other) => other.startsWith(item.charAt(0))).length <= 2, running.join());
        for (let turns = item.length + items.indexOf(item); turns > 0; turns -= 1) await turn();
        running.splice(running.indexOf(item), 1);
        return item.toUpperCase();
      },
      { keyOf: (item) => item[0], perKey: 2, overall: 3, signal: never },
    );
    assert.deepEqual(
      results,
      items.map((item) => item.toUpperCase()),
    );
    assert.equal(most, 3);
  });

  it('begins nothing more after a failure, waits for what has begun, and throws the first', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const failure = new Error('the second one');
    const work = async (item: number) => {
      begun.push(item);
      if (item === 2) throw failure;
      await turn();
      ended.push(item);
    };
    await assert.rejects(
      inParallel([1, 2, 3, 4], work, { keyOf: () => 'one', perKey: 2, overall: 2, signal: never }),
      failure,
    );
    assert.deepEqual([begun, ended], [[1, 2], [1]]);
  });

  it('begins nothing more after an abort, and rethrows its reason', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const begun: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      abort.abort(reason);
      await turn();
    };
    await assert.rejects(
      inParallel([1, 2, 3], work, { keyOf: (item) => item, perKey: 1, overall: 1, signal: abort.signal }),
      reason,
    );
    assert.deepEqual(begun, [1]);
  });
});
