/** When a plugin is asked for its health, and what is told of one that is given up. The clock is the test's. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { PluginUnhealthyError } from '../../../src/goplugin/index.ts';
import { watchHealth, type HealthOptions } from '../../../src/host/instances/health.ts';

const unhealthy = new PluginUnhealthyError('PLUGIN_UNHEALTHY', 'not serving', { phase: 'call', plugin: 'p' });

/** A plugin that answers with these, in turn, and then well. */
function watched(t: TestContext, options: HealthOptions | false | undefined, answers: (Error | undefined)[]) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked: { readonly timeoutMs: number; readonly signal: AbortSignal }[] = [];
  const givenUp: string[] = [];
  const generation = {
    usable: true,
    plugin: {
      health: (given: (typeof asked)[number]) => {
        asked.push(given);
        const answer = answers.shift();
        return answer === undefined ? Promise.resolve() : Promise.reject(answer);
      },
    },
    giveUp: (reason: string) => givenUp.push(reason),
  };
  const watch = watchHealth(generation as never, options);
  const pass = async (ms: number) => {
    t.mock.timers.tick(ms);
    await new Promise(setImmediate);
  };
  return { asked, givenUp, generation, watch, pass };
}

describe('the health checks', () => {
  it('are made every quarter of a minute, take five seconds at most, and give up at the second failure', async (t) => {
    const { asked, givenUp, pass } = watched(t, undefined, [unhealthy, new Error('no answer')]);
    await pass(14_999);
    assert.equal(asked.length, 0);
    await pass(1);
    assert.deepEqual(
      asked.map(({ timeoutMs }) => timeoutMs),
      [5_000],
    );
    await pass(14_999);
    assert.equal(asked.length, 1);
    assert.deepEqual(givenUp, []);
    await pass(1);
    assert.deepEqual(givenUp, ['it failed 2 health checks: no answer']);
    await pass(60_000);
    assert.equal(asked.length, 2, 'it is not asked any more');
  });

  it('go on after an answer, and begin to count anew', async (t) => {
    const options = { intervalMs: 10, timeoutMs: 7, failures: 2 };
    const { asked, givenUp, pass } = watched(t, options, [unhealthy, undefined, unhealthy]);
    for (let check = 0; check < 4; check += 1) await pass(10);
    assert.deepEqual(
      asked.map(({ timeoutMs }) => timeoutMs),
      [7, 7, 7, 7],
    );
    assert.deepEqual(givenUp, []);
  });

  it('end with their watch, during one and between two', async (t) => {
    const { asked, pass, watch } = watched(t, { intervalMs: 10 }, []);
    await pass(10);
    assert.equal(asked[0]?.signal.aborted, false);
    watch[Symbol.dispose]();
    assert.equal(asked[0].signal.aborted, true);
    await pass(100);
    assert.equal(asked.length, 1);
  });

  it('end with the plugin', async (t) => {
    const { asked, givenUp, generation, pass } = watched(t, { intervalMs: 10, failures: 1 }, [unhealthy]);
    generation.usable = false;
    await pass(10);
    await pass(10);
    assert.equal(asked.length, 1);
    assert.deepEqual(givenUp, []);
  });

  it('are not made where they are not wanted', async (t) => {
    const { asked, pass, watch } = watched(t, false, []);
    await pass(1_000_000);
    assert.equal(asked.length, 0);
    watch[Symbol.dispose]();
  });
});
