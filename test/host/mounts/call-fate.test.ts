/** What is concluded about a call that failed, and from what. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { PluginCallError, PluginExitedError, type PluginExit } from '../../../src/goplugin/index.ts';
import {
  beginAt,
  beginNow,
  clocksApart,
  fateOf,
  type CallBegin,
} from '../../../src/host/mounts/call-fate.ts';

const alive = { usable: true };
const lost = { usable: false };

function exited(exit: Partial<PluginExit>, reached?: 'no'): PluginExitedError {
  return new PluginExitedError('PLUGIN_EXITED', 'x', {
    phase: 'call',
    plugin: 'p',
    exit: { code: 1, ...exit },
    reached,
  });
}

function answered(status: string, reached?: 'no'): PluginCallError {
  const code = 'PLUGIN_CALL_FAILED';
  return new PluginCallError(code, 'x', {
    phase: 'call',
    plugin: 'p',
    method: '/a/b',
    status,
    details: '',
    metadata: {},
    reached,
  });
}

describe('a call that failed', () => {
  it('was answered while the plugin lives, whatever the status', () => {
    for (const status of ['UNAVAILABLE', 'INTERNAL', 'NOT_FOUND']) {
      assert.equal(fateOf(answered(status), alive, beginNow()), 'answered');
    }
    assert.equal(fateOf(answered('NOT_FOUND'), lost, beginNow()), 'answered');
    assert.equal(fateOf(new Error('aborted'), lost, beginNow()), 'answered');
    const foreign = Object.assign(new Error('not of a call'), { status: 'UNAVAILABLE' });
    assert.equal(fateOf(foreign, lost, beginNow()), 'answered');
  });

  it('may have been carried out by a plugin that was lost, unless there is evidence that it was not', () => {
    assert.equal(fateOf(answered('UNAVAILABLE'), lost, beginNow()), 'unknown');
    assert.equal(fateOf(exited({}), lost, beginNow()), 'unknown');
    assert.equal(fateOf(answered('UNAVAILABLE', 'no'), lost, beginNow()), 'not-reached');
    assert.equal(fateOf(exited({}, 'no'), lost, beginNow()), 'not-reached');
  });

  it('was not carried out by a plugin that had ended in an earlier millisecond', () => {
    const begin = beginNow();
    const at = (ms: number): PluginExitedError => exited({ endedAt: new Date(begin.wall + ms) });
    assert.equal(fateOf(at(-1), lost, begin), 'not-reached');
    assert.equal(fateOf(at(0), lost, begin), 'unknown', 'the same millisecond may be before or after');
    assert.equal(fateOf(at(5), lost, begin), 'unknown');
  });

  it('is not judged by a clock that was set meanwhile', () => {
    const now = beginNow();
    const begin: CallBegin = { wall: now.wall + 3_600_000, steady: now.steady };
    assert.equal(fateOf(exited({ endedAt: new Date(now.wall) }), lost, begin), 'unknown');
  });

  it('is judged by clocks that differ by less than five milliseconds', (t) => {
    const begin: CallBegin = { wall: 1_000_000, steady: 1_000 };
    const ended = exited({ endedAt: new Date(begin.wall - 1) });
    let wall = begin.wall;
    t.mock.method(performance, 'now', () => begin.steady + 10_000);
    t.mock.method(Date, 'now', () => wall);
    for (const [drift, fate] of [
      [4, 'not-reached'],
      [-4, 'not-reached'],
      [5, 'unknown'],
      [-5, 'unknown'],
    ] as const) {
      wall = begin.wall + 10_000 + drift;
      assert.equal(fateOf(ended, lost, begin), fate, String(drift));
    }
  });
});

describe('the beginning of a call', () => {
  it('is told by two clocks, of which one is compared with the other once in a second', (t) => {
    let wall = 5_000_000_000_000;
    let now = 1_000_000_000;
    t.mock.method(Date, 'now', () => wall);
    t.mock.method(performance, 'now', () => now);
    const begin = now;
    const apart = clocksApart(begin);
    assert.equal(apart, wall - begin);
    wall += 7;
    assert.equal(clocksApart(begin + 1_000), apart);
    now = begin + 1_001;
    assert.equal(clocksApart(now), wall - now);
    wall += 7;
    assert.equal(clocksApart(begin + 1_500), wall - 7 - now, 'the second begins with the last look');
    assert.deepEqual(beginAt(2.75, 1_000), { wall: 1_002, steady: 2.75 });
  });

  /** Clocks between whose readings so many milliseconds go by, one after the other. Returns how often the wall clock was read. */
  function slowClocks(t: TestContext, start: number, gaps: readonly number[]): { readings: number } {
    const told = { readings: 0 };
    let now = start;
    t.mock.method(Date, 'now', () => {
      now += gaps[Math.min(told.readings, gaps.length - 1)] ?? 0;
      told.readings += 1;
      return 5_000_000_000_000 + told.readings * 1_000;
    });
    t.mock.method(performance, 'now', () => now);
    return told;
  }

  it('is told by clocks that were read at one moment, and not before and after a wait', (t) => {
    const start = 2_000_000_000;
    const told = slowClocks(t, start, [0.5, 3, 0.25]);
    assert.equal(clocksApart(start), 5_000_000_000_000 + 3_000 - (start + 3.75));
    assert.equal(told.readings, 3);
  });

  it('is told by the eleventh reading where every one has a wait in it', (t) => {
    const start = 3_000_000_000;
    const told = slowClocks(t, start, [1]);
    assert.equal(clocksApart(start), 5_000_000_000_000 + 11_000 - (start + 11));
    assert.equal(told.readings, 11);
  });
});
