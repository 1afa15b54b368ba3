/** The deadline of a call: when it ends the call, and what is told of it. The clock is the test's. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { CallDeadline } from '../../../src/goplugin/grpc/call-deadline.ts';
import { timeoutOf } from '../../../src/goplugin/grpc/grpc-timeout.ts';

const now = Date.UTC(2026, 0, 1);
/** Node.js takes a longer time for no time at all. */
const longestTimerMs = 2 ** 31 - 1;

/** Watches a deadline in so many milliseconds. Returns how to let time pass, and how often the deadline ended the call. */
function watched(t: TestContext, ms: number) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now });
  const deadline = new CallDeadline(now + ms);
  let expired = 0;
  deadline.watch(() => (expired += 1));
  const expiredAfter = (passed: number): number => {
    t.mock.timers.tick(passed);
    return expired;
  };
  return { deadline, expiredAfter };
}

describe('a deadline', () => {
  it('may be a date, or milliseconds since the epoch', () => {
    assert.equal(new CallDeadline(new Date(now)).at, now);
    assert.equal(new CallDeadline(now).at, now);
    assert.equal(new CallDeadline(Infinity).at, Infinity);
  });

  it('has passed at its very millisecond, and not before', (t) => {
    const { deadline, expiredAfter } = watched(t, 100);
    assert.equal(deadline.passed, false);
    expiredAfter(99);
    assert.equal(deadline.passed, false);
    expiredAfter(1);
    assert.equal(deadline.passed, true);
  });

  it('ends its call when it passes', (t) => {
    const { expiredAfter } = watched(t, 100);
    assert.equal(expiredAfter(99), 0);
    assert.equal(expiredAfter(1), 1);
    assert.equal(expiredAfter(longestTimerMs), 1);
  });

  it('ends no call that was over before', (t) => {
    const { deadline, expiredAfter } = watched(t, 100);
    deadline.clear();
    assert.equal(expiredAfter(1_000), 0);
    deadline.clear();
  });

  it('that is later than any timer ends its call when the longest timer does', (t) => {
    const { deadline, expiredAfter } = watched(t, 2 * longestTimerMs);
    assert.equal(expiredAfter(longestTimerMs - 1), 0);
    assert.equal(expiredAfter(1), 1);
    assert.equal(deadline.passed, false);
  });

  it('may be none: it never passes, and nobody is told of it', (t) => {
    const { deadline, expiredAfter } = watched(t, Infinity);
    assert.equal(deadline.header(), undefined);
    assert.equal(expiredAfter(longestTimerMs), 0);
    assert.equal(deadline.passed, false);
    deadline.clear();
  });
});

describe('the header grpc-timeout', () => {
  it('has the time that is left, rounded up: at most eight digits, in milliseconds or seconds', (t) => {
    t.mock.timers.enable({ apis: ['Date'], now });
    const headers = [
      [-5, '1m'],
      [0, '1m'],
      [1, '1m'],
      [1.5, '2m'],
      [60_000, '60000m'],
      [99_999_999, '99999999m'],
      [100_000_000, '100000S'],
      [100_000_001, '100001S'],
      [99_999_999_000, '99999999S'],
      [99_999_999_001, '99999999S'],
    ] as const;
    for (const [ms, header] of headers) assert.equal(new CallDeadline(now + ms).header(), header);
  });

  it('has the time that is left when it is sent', (t) => {
    t.mock.timers.enable({ apis: ['Date'], now });
    const deadline = new CallDeadline(now + 100);
    t.mock.timers.tick(40);
    assert.equal(deadline.header(), '60m');
  });

  it('is read in each unit', () => {
    const times = [
      ['2H', 7_200_000],
      ['3M', 180_000],
      ['4S', 4_000],
      ['5m', 5],
      ['6000u', 6],
      ['7000000n', 7],
      ['0m', 0],
      ['99999999S', 99_999_999_000],
    ] as const;
    for (const [header, ms] of times) {
      assert.ok(Math.abs((timeoutOf(header) ?? NaN) - ms) < 1e-6, `${header}: ${timeoutOf(header)}`);
    }
  });

  it('is refused in any other form', () => {
    const wrong = [
      '',
      '5',
      'm',
      '123456789m',
      '-1m',
      '1.5S',
      '1s',
      '1h',
      ' 1S',
      '1S ',
      '1S\n',
      '1SS',
      '1e3m',
    ];
    for (const header of wrong) assert.equal(timeoutOf(header), undefined, JSON.stringify(header));
  });
});
