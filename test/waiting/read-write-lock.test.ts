import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ReadWriteLock } from '../../src/waiting/read-write-lock.ts';

/** Work that says when it begins, and ends when it is told to. */
function work(name: string, log: string[]) {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const run = async (): Promise<string> => {
    log.push(`${name} begins`);
    await ended;
    log.push(`${name} ends`);
    return name;
  };
  return { run, end };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('shared work runs at once; exclusive work waits for it, and later shared work for that', async () => {
  const lock = new ReadWriteLock();
  const log: string[] = [];
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => work(name, log)) as [Work, Work, Work, Work];
  const all = [lock.shared(a.run), lock.shared(b.run), lock.exclusive(c.run), lock.shared(d.run)];
  await settled();
  assert.deepEqual(log, ['a begins', 'b begins']);
  a.end();
  await settled();
  assert.deepEqual(log.splice(0), ['a begins', 'b begins', 'a ends']);
  b.end();
  await settled();
  assert.deepEqual(log.splice(0), ['b ends', 'c begins']);
  c.end();
  await settled();
  assert.deepEqual(log.splice(0), ['c ends', 'd begins']);
  d.end();
  assert.deepEqual(await Promise.all(all), ['a', 'b', 'c', 'd']);
});

it('work that fails and work that is given up leave the lock to others', async () => {
  const lock = new ReadWriteLock();
  const log: string[] = [];
  await assert.rejects(
    lock.exclusive(() => Promise.reject(new Error('failed'))),
    /failed/,
  );
  const held = work('held', log);
  const holding = lock.shared(held.run);
  const controller = new AbortController();
  const given = lock.exclusive(() => Promise.resolve(log.push('never')), { signal: controller.signal });
  const behind = lock.shared(() => Promise.resolve('behind'), { signal: controller.signal });
  await settled();
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(given, reason);
  await assert.rejects(behind, reason);
  assert.equal(await lock.shared(() => Promise.resolve('next')), 'next');
  held.end();
  await holding;
  assert.equal(await lock.exclusive(() => Promise.resolve('last')), 'last');
  assert.deepEqual(log, ['held begins', 'held ends']);
});

type Work = ReturnType<typeof work>;
