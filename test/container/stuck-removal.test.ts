/** A removal that a runtime holds up. The runtimes are shells that go by another name, among the processes of this machine. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, it, mock } from 'node:test';
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
const busy = new ConflictError('removal is already in progress', context);
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

/**
 * A process that has this name and the id on its command line, until it is killed or the test is over. Whatever the code
 * under test does, no other process is killed, and the test fails if it meant to.
 */
async function withRuntime(
  name: string,
  test: (id: string, runtime: ChildProcess) => Promise<void>,
): Promise<void> {
  const id = randomBytes(32).toString('hex');
  const script = 'echo begun; read line';
  const child = spawn('sh', ['-c', script, 'delete', id], { argv0: name, stdio: ['pipe', 'pipe', 'ignore'] });
  const exit = once(child, 'exit');
  const others: number[] = [];
  const kill = process.kill.bind(process);
  const onlyChild = mock.method(process, 'kill', (pid: number, signal: NodeJS.Signals) =>
    pid === child.pid ? kill(pid, signal) : others.push(pid) > 0,
  );
  try {
    await once(child.stdout, 'data');
    await test(id, child);
    assert.deepEqual(others, []);
  } finally {
    onlyChild.mock.restore();
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

  it('kills the runtime where the engine says for the whole time that a removal is under way', () =>
    withRuntime('runsc', async (id, runtime) => {
      const times: AbortController[] = [];
      const limits = mock.method(AbortSignal, 'timeout', () => {
        times.push(new AbortController());
        return times.at(-1)?.signal;
      });
      const { engine, asked } = engineThat(busy, busy, busy, undefined);
      const remove = engine.containers.remove.bind(engine.containers);
      mock.method(engine.containers, 'remove', async (name: string) => {
        if (asked.length === 2) for (const time of times) time.abort(aborted);
        await remove(name);
      });
      try {
        assert.equal(await removeContainer(engine, id), 'removed');
      } finally {
        limits.mock.restore();
      }
      assert.equal(asked.length, 4);
      assert.equal(await endOf(runtime), 'SIGKILL');
    }));

  it('kills nothing where the container goes while the engine says that its removal is under way', () =>
    withRuntime('runsc', async (id, runtime) => {
      const { engine, asked } = engineThat(busy, busy, absent);
      assert.equal(await removeContainer(engine, id), 'removed');
      assert.equal(asked.length, 3);
      const broken = engineThat(busy, failed);
      await assert.rejects(removeContainer(broken.engine, id), { code: 'CLEANUP_FAILED', cause: failed });
      assert.deepEqual([runtime.exitCode, runtime.signalCode], [null, null]);
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
