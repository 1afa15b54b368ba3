/** What is concluded about a call that failed, on a machine that is too busy to read two clocks at once. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PluginExitedError } from '../../../src/index.ts';
import { beginNow, fateOf } from '../../../src/host/mounts/call-fate.ts';

const lost = { usable: false };
const { now } = Date;

/** The process has to wait for so long, each time before it reads the clock that can be set. */
function waitBeforeReading(ms: number): Disposable {
  Date.now = () => {
    const until = performance.now() + ms;
    while (performance.now() < until);
    return now.call(Date);
  };
  return {
    [Symbol.dispose]: () => {
      Date.now = now;
    },
  };
}

function endedAt(time: number): PluginExitedError {
  const exit = { code: 137, endedAt: new Date(time) };
  return new PluginExitedError('PLUGIN_EXITED', 'x', { phase: 'call', plugin: 'p', exit });
}

it('a plugin that ended after the call had begun is not taken for one that had ended before', () => {
  const waiting = waitBeforeReading(3);
  const begin = beginNow(); // reads the clocks for the first time in this process
  waiting[Symbol.dispose]();
  // As a call begins that keeps the distance of the clocks which was found above.
  const next = beginNow();
  const end = Date.now();
  assert.equal(fateOf(endedAt(end), lost, next), 'unknown');
  assert.equal(fateOf(endedAt(end), lost, begin), 'unknown');
});

it('a plugin that had ended well before the call is known to have, although reading a clock is interrupted at times', () => {
  const begin = beginNow();
  let readings = 0;
  Date.now = () => {
    const time = now.call(Date);
    readings += 1;
    if (readings % 2 === 0) return time;
    const until = performance.now() + 20;
    while (performance.now() < until);
    return time;
  };
  try {
    assert.equal(fateOf(endedAt(now.call(Date) - 1_000), lost, begin), 'not-reached');
  } finally {
    Date.now = now;
  }
});
