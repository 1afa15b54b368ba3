/** Which processes are killed when an engine can't remove a container, and when. The processes are files, and nobody is killed. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { removeContainer } from '../../src/container/remove.ts';
import { killStuckRuntime } from '../../src/container/stuck-runtime.ts';
import {
  ConflictError,
  EngineOperationError,
  EngineTimeoutError,
  NotFoundError,
  type Engine,
} from '../../src/engine/index.ts';
import { withRedirectedFiles } from './redirected-files.ts';

const id = 'ab'.repeat(32);
const otherId = 'cd'.repeat(32);

interface WrittenProcess {
  readonly words: readonly string[];
  /** Number of process namespaces that it is in. Default: 1, as for a process of the machine itself. */
  readonly namespaces?: number;
  /** Whether its number goes to another process as soon as its command line was read. */
  readonly isReused?: boolean;
  /** Whether it ends as soon as it was listed. */
  readonly hasEnded?: boolean;
}

/** No kernel gives a process a number from here on. */
const firstPid = 5_000_000;

/**
 * Runs the work on a machine that has these processes and no others. The work is given a list of the processes that are
 * killed, by their place among these.
 */
async function onMachineWith(
  t: TestContext,
  processes: readonly WrittenProcess[],
  work: (killed: readonly number[]) => Promise<void>,
  kill: () => void = () => undefined,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'proc-'));
  const killed: number[] = [];
  t.mock.method(process, 'kill', (pid: number, signal: string) => {
    assert.equal(signal, 'SIGKILL');
    kill();
    killed.push(pid - firstPid);
    return true;
  });
  const stat = (startTime: number) => `1 (x) S ${'0 '.repeat(18)}${startTime}`;
  try {
    for (const [at, { words, namespaces = 1, hasEnded = false }] of processes.entries()) {
      const own = join(folder, String(firstPid + at));
      await mkdir(own);
      if (hasEnded) continue;
      const numbers = Array.from({ length: namespaces }, () => '7').join('\t');
      await writeFile(join(own, 'status'), `Name:\tx\nNSpid:\t${numbers}\nCapEff:\t0000000000000000\n`);
      await writeFile(join(own, 'stat'), stat(100));
      await writeFile(join(own, 'cmdline'), words.map((word) => `${word}\0`).join(''));
    }
    const place = (path: string): string => {
      const [, rest] = /^\/proc(\/5\d{6}\b.*|)$/.exec(path) ?? [];
      if (rest === undefined) return path;
      const [, pid, file] = rest.split('/');
      if (file === 'cmdline' && processes[Number(pid) - firstPid]?.isReused === true)
        writeFileSync(join(folder, String(pid), 'stat'), stat(200));
      return join(folder, rest);
    };
    await withRedirectedFiles(place, () => work(killed));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const runsc: WrittenProcess = { words: ['/usr/bin/runsc', '--root=/run', 'delete', id] };

describe('the runtimes that an engine waits for', () => {
  it('are recognised by their program and the whole id of the container', (t) =>
    onMachineWith(
      t,
      [
        runsc,
        { words: ['/usr/bin/conmon', '--api-version', '1', '-c', id] },
        { words: ['/bin/sh', '/opt/our-runtime', 'delete', id] },
        { words: ['runc', 'delete', otherId] },
        { words: ['docker', 'rm', '--force', id] },
        { words: ['less', '--', '/usr/bin/runsc', id] },
        { words: ['crun', `--bundle=/x/${id}`] },
      ],
      async (killed) => {
        assert.equal(await killStuckRuntime(id, '/usr/local/bin/our-runtime'), 3);
        assert.deepEqual(killed, [0, 1, 2]);
      },
    ));

  it('are none of the processes in a container, which can give themselves any name', (t) =>
    onMachineWith(t, [{ ...runsc, namespaces: 2 }, runsc], async (killed) => {
      assert.equal(await killStuckRuntime(id, 'runsc'), 1);
      assert.deepEqual(killed, [1]);
    }));

  it('are left alone when only a word of their command line is known', (t) =>
    onMachineWith(t, [runsc], async (killed) => {
      assert.equal(await killStuckRuntime('delete', 'runsc'), 0);
      assert.deepEqual(killed, []);
    }));

  it('are passed over when they end by themselves, and when their number has gone to another process', (t) =>
    onMachineWith(
      t,
      [
        { words: [], hasEnded: true },
        { ...runsc, isReused: true },
      ],
      async (killed) => {
        assert.equal(await killStuckRuntime(id, 'runsc'), 0);
        assert.deepEqual(killed, []);
      },
    ));

  it('do not count when this user may not kill them', (t) => {
    const refuse = () => {
      throw new Error('EPERM');
    };
    const work = async () => {
      assert.equal(await killStuckRuntime(id, 'runsc'), 0);
    };
    return onMachineWith(t, [runsc], work, refuse);
  });
});

const context = { status: 404, method: 'DELETE', path: '/x', socketPath: '/x' };
const late = new EngineTimeoutError('late', { ...context, limit: 'headers', limitMs: 1 } as never);
const aborted = new DOMException('too late', 'TimeoutError');
const absent = new NotFoundError('no such container', context);
const busy = new ConflictError('removal is already in progress', context);
const failed = new EngineOperationError('broken', context);

/** An engine that answers removals with these, in turn, and to which every container is there. */
function engineThat(...answers: readonly (Error | undefined)[]) {
  const asked: string[] = [];
  const remove = () => {
    const answer = answers[asked.filter((what) => what === 'remove').length];
    asked.push('remove');
    return answer === undefined ? Promise.resolve() : Promise.reject(answer);
  };
  const inspect = () => Promise.resolve({}).finally(() => asked.push('inspect'));
  const engine = { kind: 'docker', socketPath: '/x', containers: { remove, inspect } };
  return { engine: engine as unknown as Engine, asked };
}

describe('a removal that an engine does not answer', () => {
  for (const [error, why] of [
    [late, 'for want of an answer'],
    [aborted, 'because it has taken too long'],
  ] as const)
    it(`is tried again ${why} when the runtime was killed, and the engine is asked nothing else before`, (t) =>
      onMachineWith(t, [runsc], async (killed) => {
        const { engine, asked } = engineThat(error, undefined);
        assert.equal(await removeContainer(engine, id), 'removed');
        assert.deepEqual(asked, ['remove', 'remove']);
        assert.deepEqual(killed, [0]);
      }));

  it('is tried again when a removal under way did not end before the runtime was killed', (t) =>
    onMachineWith(t, [runsc], async (killed) => {
      t.mock.method(AbortSignal, 'timeout', () => AbortSignal.abort(aborted));
      const { engine } = engineThat(busy, undefined);
      assert.equal(await removeContainer(engine, id), 'removed');
      assert.deepEqual(killed, [0]);
    }));

  it('is not tried again, and fails, when no runtime was killed', (t) =>
    onMachineWith(t, [{ words: ['runc', 'delete', otherId] }], async (killed) => {
      for (const error of [late, aborted]) {
        const { engine, asked } = engineThat(error, undefined);
        await assert.rejects(removeContainer(engine, id), { code: 'CLEANUP_FAILED', cause: error });
        assert.deepEqual(asked, ['remove']);
      }
      assert.deepEqual(killed, []);
    }));

  it('knows the runtime by the name that was given', (t) =>
    onMachineWith(t, [{ words: ['/opt/our-runtime', 'delete', id] }], async (killed) => {
      await assert.rejects(removeContainer(engineThat(late, undefined).engine, id), { cause: late });
      assert.deepEqual(killed, []);
      const { engine } = engineThat(late, absent);
      assert.equal(await removeContainer(engine, id, { runtime: '/usr/bin/our-runtime' }), 'absent');
      assert.deepEqual(killed, [0]);
    }));

  it('ends with what the engine says the second time', (t) =>
    onMachineWith(t, [runsc], async () => {
      const { engine, asked } = engineThat(late, failed);
      await assert.rejects(removeContainer(engine, id), { code: 'CLEANUP_FAILED', cause: failed });
      assert.deepEqual(asked, ['remove', 'remove', 'inspect']);
    }));

  it('is the only one for which a runtime is killed', (t) =>
    onMachineWith(t, [runsc], async (killed) => {
      await assert.rejects(removeContainer(engineThat(failed).engine, id), { cause: failed });
      for (const [answer, found] of [
        [undefined, 'removed'],
        [absent, 'absent'],
      ] as const) {
        const { engine, asked } = engineThat(answer);
        assert.equal(await removeContainer(engine, id), found);
        assert.deepEqual(asked, ['remove']);
      }
      assert.deepEqual(killed, []);
    }));
});
