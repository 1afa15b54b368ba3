/** Restarts, health checks, waiting calls, counters and reloads, without an engine. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PluginCallError } from '../../src/goplugin/index.ts';
import { watchHealth } from '../../src/host/instances/health.ts';
import { RestartPolicy } from '../../src/host/instances/restart-policy.ts';
import { WaitingCalls } from '../../src/host/instances/waiting-calls.ts';
import { fateOf, beginNow } from '../../src/host/mounts/call-fate.ts';
import { reloadMounts } from '../../src/host/mounts/reload.ts';
import { Counters, prometheusText } from '../../src/host/reporting/metrics.ts';

function callError(
  status: string,
  code: 'PLUGIN_CALL_FAILED' | 'PLUGIN_CALL_TIMEOUT' = 'PLUGIN_CALL_FAILED',
) {
  return new PluginCallError(code, status, {
    phase: 'call',
    plugin: 'p',
    method: '/a/b',
    status,
    details: '',
    metadata: {},
  });
}

it('delays the second restart in a row, by the delay that was given, and doubles it', () => {
  const policy = new RestartPolicy({ delayMs: 100, jitter: 0 });
  assert.deepEqual(policy.failed(0, 0), { kind: 'start', delayMs: 0 });
  assert.deepEqual(policy.failed(1, 0), { kind: 'start', delayMs: 100 });
  assert.deepEqual(policy.failed(2, 0), { kind: 'start', delayMs: 200 });
  policy.reset();
  assert.deepEqual(policy.failed(3, 0), { kind: 'start', delayMs: 0 });
});

it('takes every status with which a lost connection can end a call for a loss, and no other', () => {
  const lost = { usable: false };
  for (const status of ['UNAVAILABLE', 'INTERNAL', 'CANCELLED', 'UNKNOWN'])
    assert.equal(fateOf(callError(status), lost, beginNow()), 'unknown', status);
  for (const status of ['NOT_FOUND', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'ABORTED'])
    assert.equal(fateOf(callError(status), lost, beginNow()), 'answered', status);
});

describe('the health checks', () => {
  /** Answers the checks in turn, and returns why the plugin was given up. */
  async function givenUp(answers: readonly (Error | undefined)[], failures = 2): Promise<string | undefined> {
    let tell: (reason: string | undefined) => void = () => undefined;
    const over = new Promise<string | undefined>((resolve) => (tell = resolve));
    const left = [...answers];
    const generation = {
      usable: true,
      plugin: {
        health: () => {
          if (left.length === 0) tell(undefined);
          const answer = left.shift();
          return answer === undefined ? Promise.resolve() : Promise.reject(answer);
        },
      },
      giveUp: (reason: string) => {
        tell(reason);
      },
    };
    const keepAlive = setInterval(() => undefined, 1_000);
    using _watch = watchHealth(generation as never, { intervalMs: 1, timeoutMs: 100, failures });
    const reason = await over;
    clearInterval(keepAlive);
    return reason;
  }
  const late = () => callError('DEADLINE_EXCEEDED', 'PLUGIN_CALL_TIMEOUT');

  it('give a plugin up that fails so many in a row', async () => {
    assert.match((await givenUp([late(), late()])) ?? '', /failed 2 health checks/);
    assert.match((await givenUp([late(), late(), late()], 3)) ?? '', /failed 3 health checks/);
  });

  it('begin to count anew after one that was answered', async () => {
    assert.equal(await givenUp([late(), undefined, late(), undefined, undefined]), undefined);
  });

  it('take any answer for a sign of life', async () => {
    assert.equal(
      await givenUp([callError('UNIMPLEMENTED'), callError('UNIMPLEMENTED'), undefined]),
      undefined,
    );
  });
});

describe('calls that wait', () => {
  it('are as many as the limit says and no more, and are all woken', async () => {
    const waiting = new WaitingCalls('kv kv', 2);
    const both = [waiting.next(Infinity, undefined), waiting.next(Infinity, undefined)];
    assert.equal(waiting.size, 2);
    await assert.rejects(waiting.next(Infinity, undefined), { code: 'HOST_LIMIT' });
    waiting.wake();
    await Promise.all(both);
    assert.equal(waiting.size, 0);
  });

  it('end with their time, and with the reason of their signal', async () => {
    const waiting = new WaitingCalls('kv kv', 2);
    const keepAlive = setInterval(() => undefined, 1_000);
    await waiting.next(1, undefined);
    clearInterval(keepAlive);
    const reason = new Error('enough');
    await assert.rejects(waiting.next(Infinity, AbortSignal.abort(reason)), reason);
    assert.equal(waiting.size, 0);
  });
});

it('escapes what would end a label of the counters', () => {
  const counters = new Counters();
  counters.of({ type: 'kv', name: 'a"b\\c\nd' }).reloads += 3;
  const text = prometheusText(counters.snapshot([], 0));
  assert.match(text, /name="a\\"b\\\\c\\nd"\} 3$/m);
});

it('stops the plugins of a reload that fails, and leaves the mounts where they are', async () => {
  const stopped: string[] = [];
  const failure = new Error('it can not be prepared');
  const target = { id: 'new', shared: true, ready: () => Promise.resolve({}) };
  const mount = {
    closed: false,
    options: {},
    plugin: { type: 'kv', name: 'kv' },
    prepareOn: () => Promise.reject(failure),
    moveTo: () => assert.fail('it was moved'),
  };
  const pool = {
    open: () => Promise.resolve(target),
    stop: (instance: { id: string }) => {
      stopped.push(instance.id);
      return Promise.resolve();
    },
  };
  const resolve = () => Promise.resolve({ key: 'k' } as never);
  await assert.rejects(
    reloadMounts(pool as never, () => [mount as never], resolve, {}),
    (error: Error & { code?: string }) => error.code === 'RELOAD_FAILED' && error.cause === failure,
  );
  assert.deepEqual(stopped, ['new']);
});
