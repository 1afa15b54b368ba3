/**
 * How often and how long an engine is asked that is away or at work, and what it is not asked. Every pause is over at once
 * and is remembered.
 */
import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it } from 'node:test';
import timers from 'node:timers/promises';
import { watchExit } from '../../src/container/exit-watch.ts';
import { removeContainer } from '../../src/container/remove.ts';
import { ConflictError, EngineOperationError, NotFoundError, type Engine } from '../../src/engine/index.ts';

const context = { status: 404, method: 'GET', path: '/x', socketPath: '/x' };
const absent = new NotFoundError('no such container', context);
const conflict = new ConflictError('removal is already in progress', context);
const failed = new EngineOperationError('broken', context);

/** Runs the work, and returns the pauses that it made, in milliseconds. `kept` are those that keep a process alive. */
async function pausesOf(work: () => Promise<unknown>, kept: number[] = []): Promise<number[]> {
  const pauses: number[] = [];
  const real = timers.setTimeout;
  timers.setTimeout = ((ms: number, _: unknown, { ref = true }: { ref?: boolean } = {}) => {
    pauses.push(ms);
    if (ref) kept.push(ms);
    return Promise.resolve();
  }) as typeof real;
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    timers.setTimeout = real;
    syncBuiltinESMExports();
  }
  return pauses;
}

function engineWith(containers: object): Engine {
  return { kind: 'docker', socketPath: '/x', containers } as unknown as Engine;
}

const { signal } = new AbortController();
const ended = { memoryBytes: 0, state: { status: 'exited', exitCode: 7, oomKilled: false, error: '' } };

describe('the watch for an exit', () => {
  it('asks an engine that is away after pauses that double, up to five seconds', async () => {
    let asked = 0;
    const wait = () => {
      asked += 1;
      return asked <= 8 ? Promise.reject(new Error('away')) : Promise.resolve({ exitCode: 7 });
    };
    const engine = engineWith({ wait, inspect: () => Promise.resolve(ended) });
    const kept: number[] = [];
    const pauses = await pausesOf(() => watchExit(engine, 'x', signal), kept);
    assert.deepEqual(pauses, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    assert.deepEqual(kept, [], 'a process that has nothing else to do ends meanwhile');
  });

  it('asks for no record of a program that ended as it was asked to', async () => {
    let records = 0;
    const inspect = () => {
      records += 1;
      return Promise.resolve(ended);
    };
    const exitOf = (waited: object, wasAsked?: () => boolean) => {
      const engine = engineWith({ wait: () => Promise.resolve(waited), inspect });
      return watchExit(engine, 'x', signal, undefined, wasAsked);
    };
    const before = Date.now();
    const { endedAt, ...rest } = await exitOf({ exitCode: 0 }, () => true);
    assert.deepEqual(rest, { code: 0, oomKilled: false });
    assert.ok(endedAt && endedAt.getTime() >= before && endedAt.getTime() <= Date.now());
    assert.equal(records, 0);
    for (const [waited, wasAsked] of [
      [{ exitCode: 1 }, () => true],
      [{ exitCode: 0, error: 'bad' }, () => true],
      [{ exitCode: 0 }, () => false],
      [{ exitCode: 0 }, undefined],
    ] as const) {
      assert.equal((await exitOf(waited, wasAsked)).code, 7);
    }
    assert.equal(records, 4);
  });

  it('ends with the reason of its signal, also while the record is asked for', async () => {
    const reason = new Error('enough');
    for (const error of [reason, absent, new Error('away')]) {
      const abort = new AbortController();
      const fail = () => {
        abort.abort(reason);
        return Promise.reject(error);
      };
      const waiting = engineWith({ wait: fail });
      await assert.rejects(watchExit(waiting, 'x', abort.signal), reason);
      const later = new AbortController();
      const inspect = () => {
        later.abort(reason);
        return Promise.reject(error);
      };
      const describing = engineWith({ wait: () => Promise.resolve({ exitCode: 7 }), inspect });
      await assert.rejects(watchExit(describing, 'x', later.signal), reason);
    }
  });
});

describe('a removal that somebody else makes', () => {
  /** Answers each removal with the next of these; an error is thrown. */
  function engineThat(...answers: readonly (Error | undefined)[]) {
    const removals: object[] = [];
    const remove = (_: string, options: object) => {
      const answer =
        removals.length < answers.length ? answers[removals.length] : new Error('asked too often');
      removals.push(options);
      return answer === undefined ? Promise.resolve() : Promise.reject(answer);
    };
    return { removals, remove };
  }

  it('is looked at ten times a second', async () => {
    let looks = 0;
    const inspect = () => {
      looks += 1;
      return looks < 3 ? Promise.resolve({}) : Promise.reject(absent);
    };
    const { remove } = engineThat(conflict, conflict, conflict);
    const pauses = await pausesOf(async () => {
      assert.equal(await removeContainer(engineWith({ remove, inspect }), 'x'), 'removed');
    });
    assert.deepEqual(pauses, [100, 100, 100]);
  });

  it('is made in their place when they have left it, with the volumes and running or not', async () => {
    const { remove, removals } = engineThat(conflict, undefined);
    const engine = engineWith({ remove, inspect: () => Promise.resolve({}) });
    await pausesOf(async () => {
      assert.equal(await removeContainer(engine, 'x'), 'removed');
    });
    assert.equal(removals.length, 2);
    for (const options of removals) {
      const { force, volumes } = options as { force?: boolean; volumes?: boolean };
      assert.deepEqual({ force, volumes }, { force: true, volumes: true });
    }
  });

  it('fails with what the engine then fails at, unless the container has gone', async () => {
    const { remove, removals } = engineThat(conflict, failed, undefined);
    const engine = engineWith({ remove, inspect: () => Promise.resolve({}) });
    await pausesOf(() => assert.rejects(removeContainer(engine, 'x'), { cause: failed }));
    assert.equal(removals.length, 2);

    const again = engineThat(conflict, failed);
    const inspect = () => (again.removals.length < 2 ? Promise.resolve({}) : Promise.reject(absent));
    await pausesOf(async () => {
      assert.equal(await removeContainer(engineWith({ remove: again.remove, inspect }), 'x'), 'removed');
    });
    assert.equal(again.removals.length, 2);
  });
});

describe('an engine that does not answer', () => {
  const aborted = new DOMException('too late', 'TimeoutError');
  /** Signals that end at once where they are for no longer than a removal may take. */
  const hurry = (ms: number) => (ms <= 15_000 ? AbortSignal.abort(aborted) : new AbortController().signal);
  const whenAborted = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      const end = () => {
        reject(signal.reason as Error);
      };
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
    });

  it('is waited for a quarter of a minute', { timeout: 5_000 }, async (t) => {
    t.mock.method(AbortSignal, 'timeout', hurry);
    const remove = (_: string, { signal }: { signal: AbortSignal }) => whenAborted(signal);
    await assert.rejects(removeContainer(engineWith({ remove }), 'x'), {
      code: 'CLEANUP_FAILED',
      cause: aborted,
    });
    const busy = { remove: () => Promise.reject(conflict), inspect: () => Promise.resolve({}) };
    await assert.rejects(removeContainer(engineWith(busy), 'x'), { cause: conflict });
    const silent = {
      remove: () => Promise.reject(failed),
      inspect: (_: string, { signal }: { signal: AbortSignal }) => whenAborted(signal),
    };
    await assert.rejects(removeContainer(engineWith(silent), 'x'), { cause: failed });
  });
});
