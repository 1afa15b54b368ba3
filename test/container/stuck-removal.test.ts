/** A removal that a runtime holds up, and how long an engine is waited for. The runtimes are shells that go by another name. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { removeContainer } from '../../src/container/remove.ts';
import {
  ConflictError,
  EngineOperationError,
  EngineTimeoutError,
  NotFoundError,
  type Engine,
} from '../../src/engine/index.ts';

const context = { status: 404, method: 'DELETE', path: '/x', socketPath: '/x' };
const late = new EngineTimeoutError('late', { ...context, limit: 'headers', limitMs: 1 } as never);
const absent = new NotFoundError('no such container', context);
const failed = new EngineOperationError('broken', context);
const aborted = new DOMException('too late', 'TimeoutError');

/** An engine that answers removals with these, in turn, and to which every container is there. */
function engineThat(...answers: readonly (Error | undefined)[]) {
  const asked: string[] = [];
  const remove = (id: string) => {
    const answer = answers[asked.length];
    asked.push(id);
    return answer === undefined ? Promise.resolve() : Promise.reject(answer);
  };
  const engine = {
    kind: 'docker',
    socketPath: '/x',
    containers: { remove, inspect: () => Promise.resolve({}) },
  };
  return { engine: engine as unknown as Engine, asked };
}

/** A process that has this name and the id on its command line, until it is killed or the test is over. */
async function withRuntime(
  name: string,
  test: (id: string, runtime: ChildProcess) => Promise<void>,
): Promise<void> {
  const id = randomBytes(32).toString('hex');
  const script = 'echo begun; read line';
  const child = spawn('sh', ['-c', script, 'delete', id], { argv0: name, stdio: ['pipe', 'pipe', 'ignore'] });
  const exit = once(child, 'exit');
  try {
    await once(child.stdout, 'data');
    await test(id, child);
  } finally {
    child.stdin.end();
    await exit;
  }
}

async function endOf(child: ChildProcess): Promise<unknown> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.signalCode;
}

describe('a removal at which a runtime hangs', () => {
  for (const [error, why] of [
    [late, 'an answer that does not come'],
    [aborted, 'the end of the time that a removal may take'],
  ] as const)
    it(`kills the runtime after ${why}, and is tried again`, () =>
      withRuntime('/usr/bin/runsc', async (id, runtime) => {
        const { engine, asked } = engineThat(error, undefined);
        assert.equal(await removeContainer(engine, id), 'removed');
        assert.deepEqual(asked, [id, id]);
        assert.equal(await endOf(runtime), 'SIGKILL');
      }));

  it('knows the runtime by the name that was given', () =>
    withRuntime('/opt/mine/our-runtime', async (id, runtime) => {
      await assert.rejects(removeContainer(engineThat(late).engine, id), { code: 'CLEANUP_FAILED' });
      const { engine } = engineThat(late, absent);
      assert.equal(await removeContainer(engine, id, { runtime: '/usr/bin/our-runtime' }), 'absent');
      assert.equal(await endOf(runtime), 'SIGKILL');
    }));

  it('ends with what the engine says the second time', () =>
    withRuntime('crun', async (id) => {
      const { engine, asked } = engineThat(late, failed);
      await assert.rejects(removeContainer(engine, id), { code: 'CLEANUP_FAILED', cause: failed });
      assert.equal(asked.length, 2);
    }));

  it('kills nothing when the engine did answer, or has removed the container', () =>
    withRuntime('runc', async (id, runtime) => {
      await assert.rejects(removeContainer(engineThat(failed).engine, id), { cause: failed });
      for (const [answer, found] of [
        [undefined, 'removed'],
        [absent, 'absent'],
      ] as const) {
        const { engine, asked } = engineThat(answer);
        assert.equal(await removeContainer(engine, id), found);
        assert.equal(asked.length, 1);
      }
      assert.deepEqual([runtime.exitCode, runtime.signalCode], [null, null]);
      runtime.stdin?.end();
      assert.equal(await endOf(runtime), null);
    }));
});

describe('an engine that does not answer', () => {
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
    const engine = { containers: { remove } } as unknown as Engine;
    await assert.rejects(removeContainer(engine, 'x'), { code: 'CLEANUP_FAILED', cause: aborted });
    const conflict = new ConflictError('removal is already in progress', context);
    const busy = {
      containers: { remove: () => Promise.reject(conflict), inspect: () => Promise.resolve({}) },
    };
    await assert.rejects(removeContainer(busy as unknown as Engine, 'x'), { cause: conflict });
    const silent = {
      containers: {
        remove: () => Promise.reject(failed),
        inspect: (_: string, { signal }: { signal: AbortSignal }) => whenAborted(signal),
      },
    };
    await assert.rejects(removeContainer(silent as unknown as Engine, 'x'), { cause: failed });
  });
});
