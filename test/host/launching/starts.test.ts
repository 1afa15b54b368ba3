import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeyedLock } from '../../../src/waiting/keyed-lock.ts';
import { Starts } from '../../../src/host/launching/starts.ts';

interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

function gate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    opened,
    open: () => {
      open();
    },
  };
}

describe('the limits of a host', () => {
  it('let so many starts go on at a time, in the order asked for', async () => {
    const starts = new Starts({ starts: 2 });
    const gates = Array.from({ length: 4 }, gate);
    const begun: number[] = [];
    const all = gates.map(({ opened }, i) =>
      starts.start(async () => {
        begun.push(i);
        await opened;
        return i;
      }),
    );
    await new Promise(setImmediate);
    assert.deepEqual(begun, [0, 1]);
    gates[1]?.open();
    await all[1];
    await new Promise(setImmediate);
    assert.deepEqual(begun, [0, 1, 2]);
    for (const each of gates) each.open();
    assert.deepEqual(await Promise.all(all), [0, 1, 2, 3]);
  });

  it('refuse what would wait too long, and what would be too much', async () => {
    const starts = new Starts({ starts: 1, queuedStarts: 1, containers: 3 });
    const { opened, open } = gate();
    let end: () => void = () => undefined;
    const first = starts.start(async (ended) => {
      end = ended;
      await opened;
    });
    const second = starts.start(() => Promise.resolve());
    await assert.rejects(
      starts.start(() => Promise.resolve()),
      { code: 'HOST_LIMIT', limit: 'queuedStarts' },
    );
    open();
    await Promise.all([first, second]);
    await starts.start(() => Promise.resolve());
    await assert.rejects(
      starts.start(() => Promise.resolve()),
      { code: 'HOST_LIMIT', limit: 'containers' },
    );
    end();
    end(); // counts once
    await starts.start(() => Promise.resolve());
    await assert.rejects(
      starts.start(() => Promise.resolve()),
      { limit: 'containers' },
    );
  });

  it('count nothing for a start that failed, or that was given up while it waited', async () => {
    const starts = new Starts({ starts: 1, containers: 2 });
    const failure = new Error('no');
    await assert.rejects(
      starts.start(() => Promise.reject(failure)),
      failure,
    );
    const { opened, open } = gate();
    const first = starts.start(() => opened);
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    const waiting = starts.start(() => Promise.resolve(), { signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(waiting, reason);
    open();
    await first;
    await starts.start(() => Promise.resolve());
  });
});

describe('a lock with keys', () => {
  it('holds up the same key only, and lets go of who gives up', async () => {
    const lock = new KeyedLock();
    const { opened, open } = gate();
    const order: string[] = [];
    const slow = lock.take('a', async () => {
      await opened;
      order.push('slow');
    });
    const abort = new AbortController();
    const impatient = lock.take('a', () => Promise.resolve(order.push('never')), { signal: abort.signal });
    const patient = lock.take('a', () => Promise.resolve(order.push('patient')));
    await lock.take('b', () => Promise.resolve(order.push('other key')));
    abort.abort(new Error('enough'));
    await assert.rejects(impatient, /enough/);
    open();
    await Promise.all([slow, patient]);
    assert.deepEqual(order, ['other key', 'slow', 'patient']);
    const failure = new Error('no');
    await assert.rejects(
      lock.take('a', () => Promise.reject(failure)),
      failure,
    );
    assert.equal(await lock.take('a', () => Promise.resolve(1)), 1);
  });
});
