/** Ends that are met halfway: a removal that somebody else makes, an exit of which one witness is missing, a watch that is over. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { watchExit } from '../../src/container/exit-watch.ts';
import { removeContainer } from '../../src/container/remove.ts';
import {
  ConflictError,
  EngineClosedError,
  EngineGoneError,
  EngineOperationError,
  EngineTimeoutError,
  NotFoundError,
  type Engine,
} from '../../src/engine/index.ts';
import { PluginUnhealthyError } from '../../src/goplugin/index.ts';
import { watchHealth } from '../../src/host/instances/health.ts';

const context = { status: 404, method: 'GET', path: '/x', socketPath: '/x' };
const absent = new NotFoundError('no such container', context);
const conflict = new ConflictError('removal is already in progress', context);
const failed = new EngineOperationError('no aardvark', context);
const gone = new EngineGoneError('the engine ended the connection', context);

/** Answers each request with the next of these: an error is thrown. The last one is given again and again. */
function answers(list: readonly unknown[]) {
  const calls: unknown[] = [];
  const answer = (id: unknown) => {
    const next = list[Math.min(calls.length, list.length - 1)];
    calls.push(id);
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  };
  return Object.assign(answer, { calls });
}

function engineWith(containers: object, kind: 'docker' | 'podman' = 'docker'): Engine {
  return { kind, socketPath: '/x', containers } as unknown as Engine;
}

describe('the removal of a container', () => {
  const removal = (remove: readonly unknown[], inspect: readonly unknown[]) => {
    const asked = { remove: answers(remove), inspect: answers(inspect) };
    return { asked, done: removeContainer(engineWith(asked), 'bulkhead-none-such') };
  };

  it('that somebody else makes is waited for', async () => {
    const byOther = removal([conflict], [{}, absent]);
    assert.equal(await byOther.done, 'removed');
    assert.equal(byOther.asked.inspect.calls.length, 2);
  });

  it('is asked for once more where the engine ended the connection before it answered', async () => {
    const again = removal([gone, undefined], [{}]);
    assert.equal(await again.done, 'removed');
    const done = removal([gone, absent], [{}]);
    assert.equal(await done.done, 'absent', 'it may be made only now');
    const away = removal([gone, gone, undefined], [{}]);
    await assert.rejects(away.done, { code: 'CLEANUP_FAILED', cause: gone });
    assert.equal(away.asked.remove.calls.length, 2);
  });

  it('is tried again when what was in its way has gone', async () => {
    const again = removal([conflict, undefined], [{}]);
    assert.equal(await again.done, 'removed');
    assert.equal(again.asked.remove.calls.length, 2);
  });

  it('goes on waiting while somebody else is at it, and ends at any other error', async () => {
    const waits = removal([conflict, conflict, absent], [{}]);
    assert.equal(await waits.done, 'removed');
    assert.equal(waits.asked.remove.calls.length, 3);
    const ends = removal([conflict, failed, absent], [{}]);
    await assert.rejects(ends.done, { code: 'CLEANUP_FAILED', cause: failed });
  });

  it('that failed after the container had gone is done', async () => {
    assert.equal(await removal([failed], [absent]).done, 'removed');
    await assert.rejects(removal([failed], [{}]).done, { code: 'CLEANUP_FAILED', cause: failed });
    await assert.rejects(removal([failed], [conflict]).done, { code: 'CLEANUP_FAILED' });
  });

  it('is asked of a Podman by name for what it has recorded alone', async () => {
    const onPodman = (idOrName: string, remove: readonly unknown[], inspect: readonly unknown[]) => {
      const asked = { remove: answers(remove), inspect: answers(inspect) };
      return { asked, done: removeContainer(engineWith(asked, 'podman'), idOrName) };
    };
    // It may be making it, and would lose the storage alone.
    const unrecorded = onPodman('bulkhead-x', [undefined], [absent]);
    assert.equal(await unrecorded.done, 'absent');
    assert.equal(unrecorded.asked.remove.calls.length, 0);

    // A record without storage can't be inspected, and has to go all the same.
    for (const recorded of [{}, failed]) {
      const named = onPodman('bulkhead-x', [undefined], [recorded]);
      assert.equal(await named.done, 'removed');
      assert.equal(named.asked.remove.calls.length, 1);
    }
    const away = onPodman('bulkhead-x', [undefined], [gone, {}]);
    assert.equal(await away.done, 'removed');
    await assert.rejects(onPodman('bulkhead-x', [undefined], [new TypeError('broken')]).done, {
      code: 'CLEANUP_FAILED',
    });

    const byId = onPodman('c'.repeat(64), [undefined], [absent]);
    assert.equal(await byId.done, 'removed');
    assert.equal(byId.asked.inspect.calls.length, 0);
  });

  it('that fails after the wait for another one is done where the container has gone', async () => {
    assert.equal(await removal([conflict, failed], [{}, absent]).done, 'removed');
    const broken = new TypeError('broken');
    const other = removal([conflict, broken], [{}, absent]);
    await assert.rejects(other.done, { code: 'CLEANUP_FAILED', cause: broken });
    assert.equal(other.asked.inspect.calls.length, 1);
  });

  it('is not asked for a second time where no runtime hangs', async () => {
    const late = new EngineTimeoutError('late', { ...context, limit: 'headers', limitMs: 1 } as never);
    for (const error of [late, new TypeError('broken'), failed]) {
      const stuck = removal([error], [{}]);
      await assert.rejects(stuck.done, { code: 'CLEANUP_FAILED', cause: error });
      assert.equal(stuck.asked.remove.calls.length, 1);
    }
  });
});

describe('the watch for an exit', () => {
  const { signal } = new AbortController();
  const record = (state: object, memoryBytes = 0) => ({
    memoryBytes,
    state: { status: 'exited', exitCode: 137, oomKilled: false, error: '', ...state },
  });
  const exit = (inspected: object, memory?: { killed: boolean }, kind: 'docker' | 'podman' = 'docker') =>
    watchExit(
      engineWith({ wait: answers([{ exitCode: 1 }]), inspect: answers([inspected]) }, kind),
      'x',
      signal,
      memory,
    );

  it("believes the kernel's count where the engine missed it, for what was killed alone", async () => {
    assert.equal((await exit(record({}), { killed: true })).oomKilled, true);
    assert.equal((await exit(record({ exitCode: 1 }), { killed: true })).oomKilled, false);
    assert.equal((await exit(record({}), { killed: false })).oomKilled, false);
    assert.equal((await exit(record({ oomKilled: true, exitCode: 1 }))).oomKilled, true);
  });

  it('names the limit where one may have been the reason', async () => {
    assert.equal((await exit(record({}, 5))).killedAtMemoryLimit, 5);
    assert.equal((await exit(record({}, 1))).killedAtMemoryLimit, 1);
    assert.deepEqual(await exit(record({}, 0)), { code: 137, oomKilled: false });
    assert.deepEqual(await exit(record({ exitCode: 1 }, 5)), { code: 1, oomKilled: false });
    assert.deepEqual(await exit(record({ oomKilled: true }, 5)), { code: 137, oomKilled: true });
  });

  it("keeps the engine's own words, and the time of a Podman's files", async () => {
    const finishedAt = new Date(5_000);
    const docker = await exit(record({ error: 'bad', finishedAt }));
    assert.deepEqual([docker.error, docker.endedAt], ['bad', finishedAt]);
    const podman = await exit(record({ finishedAt }), undefined, 'podman');
    assert.equal(podman.endedAt?.getTime(), 5_012);
  });

  it('ends when this process has closed its engine, and takes no running container for one that ended', async () => {
    const closed = new EngineClosedError('closed', context);
    const gone = await watchExit(engineWith({ wait: answers([closed]) }), 'x', signal);
    assert.equal(gone.code, undefined);
    assert.match(gone.error ?? '', /closed by this process/);
    const inspect = answers([record({ status: 'running' }), record({ exitCode: 3 })]);
    const alive = setInterval(() => undefined, 1_000);
    const later = await watchExit(engineWith({ wait: answers([{ exitCode: 0 }]), inspect }), 'x', signal);
    clearInterval(alive);
    assert.equal(later.code, 3);
    const broken = answers([new TypeError('x'), record({ exitCode: 4 })]);
    const again = setInterval(() => undefined, 1_000);
    const asked = await watchExit(
      engineWith({ wait: answers([{ exitCode: 0 }]), inspect: broken }),
      'x',
      signal,
    );
    clearInterval(again);
    assert.equal(asked.code, 4);
  });
});

describe('the health checks', () => {
  const unhealthy = new PluginUnhealthyError('PLUGIN_UNHEALTHY', 'not serving', {
    phase: 'call',
    plugin: 'p',
  });

  function watched(options: Parameters<typeof watchHealth>[1], usable = true) {
    const givenUp: string[] = [];
    const signals: AbortSignal[] = [];
    let tell: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (tell = resolve));
    let answer: (error: Error) => void = () => undefined;
    const generation = {
      usable,
      plugin: {
        health: ({ signal }: { signal: AbortSignal }) => {
          signals.push(signal);
          tell();
          return new Promise<void>((_, reject) => (answer = reject));
        },
      },
      giveUp: (reason: string) => givenUp.push(reason),
    };
    const watch = watchHealth(generation as never, options);
    return {
      watch,
      asked,
      signals,
      givenUp,
      fail: (error: Error) => {
        answer(error);
      },
    };
  }

  it('give a plugin up that says that it does not serve', async () => {
    const alive = setInterval(() => undefined, 1_000);
    const one = watched({ intervalMs: 1, failures: 1 });
    await one.asked;
    one.fail(unhealthy);
    await new Promise(setImmediate);
    clearInterval(alive);
    assert.match(one.givenUp.join(), /failed 1 health checks: .*not serving/);
    one.watch[Symbol.dispose]();
  });

  it('end with their watch, and give nobody up any more', async () => {
    const alive = setInterval(() => undefined, 1_000);
    const one = watched({ intervalMs: 1, failures: 1 });
    await one.asked;
    one.watch[Symbol.dispose]();
    assert.equal(one.signals[0]?.aborted, true);
    one.fail(unhealthy);
    await new Promise(setImmediate);
    assert.deepEqual(one.givenUp, []);
    const ended = watched({ intervalMs: 1, failures: 1 }, false);
    await ended.asked;
    ended.fail(unhealthy);
    await new Promise(setImmediate);
    assert.deepEqual(ended.givenUp, []);
    ended.watch[Symbol.dispose]();
    clearInterval(alive);
  });

  it('are not made where they are not wanted, and not after the end of their watch', async () => {
    const alive = setInterval(() => undefined, 1_000);
    const off = watched(false);
    const over = watched({ intervalMs: 1 });
    over.watch[Symbol.dispose]();
    const other = watched({ intervalMs: 5 });
    await other.asked;
    other.watch[Symbol.dispose]();
    clearInterval(alive);
    assert.deepEqual([off.signals.length, over.signals.length], [0, 0]);
    off.watch[Symbol.dispose]();
  });
});
