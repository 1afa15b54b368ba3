/** The end of a container: what is concluded from it, how it is waited for, and how it is removed. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { diagnoseContainer } from '../../src/container/diagnose.ts';
import { watchExit } from '../../src/container/exit-watch.ts';
import { removeContainer } from '../../src/container/remove.ts';
import { NotFoundError, type Engine, type InspectedContainer } from '../../src/engine/index.ts';
import type { PluginExit } from '../../src/goplugin/index.ts';

const finishedAt = new Date(1_000_000);
const absent = new NotFoundError('no such container', {
  status: 404,
  method: 'GET',
  path: '/x',
  socketPath: '/x',
});

/** An engine of which only the container operations are asked. */
function engineWith(containers: object, kind: 'docker' | 'podman' = 'docker'): Engine {
  return { kind, version: '1', rootless: false, socketPath: '/x', containers } as unknown as Engine;
}

function inspected(state: object, memoryBytes = 0): InspectedContainer {
  return {
    id: 'x',
    config: { user: '', entrypoint: ['/p'], cmd: [], env: [], labels: {} },
    state: { status: 'exited', running: false, exitCode: 1, error: '', oomKilled: false, ...state },
    memoryBytes,
    mounts: [],
    networks: [],
    capAdd: [],
    securityOpt: [],
    ulimits: [],
  } as unknown as InspectedContainer;
}

describe('the hint that a plugin was out of memory', () => {
  const hintAfter = async (exit: Partial<PluginExit>, kind: 'docker' | 'podman', bytes = 1_000) => {
    const engine = engineWith({ inspect: () => Promise.resolve(inspected({}, bytes)) }, kind);
    const { hint } = await diagnoseContainer({
      engine,
      id: 'x',
      strategy: { runtime: 'runc', capabilities: [], ulimits: [], groups: [] } as never,
      pluginFolder: '/nowhere',
      exit: { code: 1, ...exit },
      stderr: '',
      stdout: '',
    });
    return hint ?? '';
  };

  it('is given where the engine says so', async () => {
    assert.match(
      await hintAfter({ code: 137, oomKilled: true }, 'docker'),
      /was killed for reaching its memory limit of 1000 bytes/,
    );
  });

  it('is no more than possible with a limit and 137 where the engine does not say', async () => {
    assert.match(await hintAfter({ code: 137 }, 'podman'), /perhaps for/);
  });

  it('is not given of another exit code, of an engine that would say, or without a limit', async () => {
    assert.doesNotMatch(await hintAfter({ code: 1 }, 'podman'), /memory/);
    assert.doesNotMatch(await hintAfter({ code: 137 }, 'docker'), /memory/);
    assert.doesNotMatch(await hintAfter({ code: 137 }, 'podman', 0), /memory/);
  });
});

describe('the watch for an exit', () => {
  // Its own timers keep no process alive.
  let alive: NodeJS.Timeout | undefined;
  before(() => {
    alive = setInterval(() => undefined, 1_000);
  });
  after(() => {
    clearInterval(alive);
  });
  const { signal } = new AbortController();
  const waited = { wait: () => Promise.resolve({ exitCode: 7 }) };

  it("tells the engine's record, and allows for the clock of Podman's files", async () => {
    const inspect = () =>
      Promise.resolve(inspected({ exitCode: 7, finishedAt, oomKilled: true, error: 'bad' }));
    const docker = await watchExit(engineWith({ ...waited, inspect }), 'x', signal);
    assert.deepEqual(docker, { code: 7, oomKilled: true, endedAt: finishedAt, error: 'bad' });
    const podman = await watchExit(engineWith({ ...waited, inspect }, 'podman'), 'x', signal);
    assert.equal(podman.endedAt?.getTime(), finishedAt.getTime() + 12);
  });

  it('says that somebody else removed the container, and keeps the code that was waited for', async () => {
    const gone = await watchExit(engineWith({ wait: () => Promise.reject(absent) }), 'x', signal);
    assert.deepEqual(gone, { code: undefined, error: 'the container was removed by somebody else' });
    const removed = await watchExit(
      engineWith({ ...waited, inspect: () => Promise.reject(absent) }),
      'x',
      signal,
    );
    assert.deepEqual(removed, { code: 7 });
  });

  it('asks again when the engine is away, until it answers', async () => {
    let asked = 0;
    const wait = () => {
      asked += 1;
      return asked < 3 ? Promise.reject(new Error('away')) : Promise.resolve({ exitCode: 0 });
    };
    const exit = await watchExit(
      engineWith({ wait, inspect: () => Promise.resolve(inspected({ exitCode: 0 })) }),
      'x',
      signal,
    );
    assert.equal(exit.code, 0);
    assert.equal(asked, 3);
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('enough');
    const wait = () => Promise.reject(new Error('away'));
    await assert.rejects(watchExit(engineWith({ wait }), 'x', AbortSignal.abort(reason)), reason);
  });
});

describe('the removal of a container', () => {
  it('takes its volumes along, running or not', async () => {
    const options: object[] = [];
    const remove = (_id: string, given: object) => Promise.resolve(options.push(given));
    assert.equal(await removeContainer(engineWith({ remove }), 'x'), 'removed');
    const { force, volumes } = options[0] as { force?: boolean; volumes?: boolean };
    assert.deepEqual({ force, volumes }, { force: true, volumes: true });
  });

  it('says that there was none', async () => {
    assert.equal(await removeContainer(engineWith({ remove: () => Promise.reject(absent) }), 'x'), 'absent');
  });

  it('names the container that an engine does not remove', async () => {
    const remove = () => Promise.reject(new TypeError('broken'));
    await assert.rejects(removeContainer(engineWith({ remove }), 'x'), {
      code: 'CLEANUP_FAILED',
      containerId: 'x',
    });
  });
});
