/** A plugin that fails to start, and whose removal takes longer than anybody waits for the failure. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { it, mock } from 'node:test';
import { cleanupEnded, PluginError, startPlugin, type PluginRunner } from '../../src/goplugin/index.ts';
import { handshake } from './fixtures/start.ts';

const limits = { timeout: 30_000 };
/** cleanupStepMs of start-failure.ts. */
const stepMs = 15_000;

/** A runner whose disposal goes on until `release` is called; `disposing` resolves when it has begun. */
function slowRunner(start: () => Promise<void> = () => Promise.resolve()) {
  let release: (error?: Error) => void = () => undefined;
  let begun: () => void = () => undefined;
  const disposing = new Promise<void>((resolve) => (begun = resolve));
  const disposal = new Promise<void>((resolve, reject) => {
    release = (error) => {
      if (error === undefined) resolve();
      else reject(error);
    };
  });
  const runner = {
    name: 'slow',
    id: undefined,
    socketDirectory: undefined,
    stdout: Readable.from([]),
    stderr: Readable.from([]),
    start,
    wait: () => Promise.resolve({ code: 3 }),
    kill: () => Promise.resolve(),
    diagnose: () => Promise.resolve({ facts: [] }),
    [Symbol.asyncDispose]: () => {
      begun();
      return disposal;
    },
  } as unknown as PluginRunner;
  return { runner, disposing, release };
}

/** Lets the step that waits for the removal run into its limit. */
async function untilGivenUp<T>(work: Promise<T>, disposing: Promise<void>): Promise<T> {
  await disposing;
  mock.timers.tick(stepMs);
  return work;
}

it('is told by the error, and can be waited for', limits, async () => {
  const { runner, disposing, release } = slowRunner();
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const starting = startPlugin({
      createRunner: () => Promise.resolve(runner),
      handshake,
      protocolVersions: [1],
    });
    const error: unknown = await untilGivenUp(
      starting.catch((reason: unknown) => reason),
      disposing,
    );
    assert.ok(error instanceof PluginError);
    assert.equal(error.code, 'PLUGIN_EXITED');
    assert.equal(error.cleanupPending, true);
    assert.match(error.hint ?? '', /still being removed: wait for `cleanupEnded\(\)`/);
  } finally {
    mock.timers.reset();
  }
  let hasEnded = false;
  const ended = cleanupEnded().then(() => (hasEnded = true));
  const abort = new AbortController();
  const given = assert.rejects(cleanupEnded({ signal: abort.signal }), /enough/);
  abort.abort(new Error('enough'));
  await given;
  assert.equal(hasEnded, false);
  release();
  await ended;
});

it('is told by a warning beside the reason of an abort, which stays as it is', limits, async () => {
  const controller = new AbortController();
  const reason = { any: 'thing' };
  const { runner, disposing, release } = slowRunner(() => {
    controller.abort(reason);
    return Promise.resolve();
  });
  const warned = once(process, 'warning');
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const starting = startPlugin({
      createRunner: () => Promise.resolve(runner),
      handshake,
      protocolVersions: [1],
      signal: controller.signal,
    });
    assert.equal(
      await untilGivenUp(
        starting.catch((error: unknown) => error),
        disposing,
      ),
      reason,
    );
  } finally {
    mock.timers.reset();
  }
  assert.match(String(((await warned) as [Error])[0]), /still being removed; cleanupEnded\(\) waits for it/);
  const failed = once(process, 'warning');
  release(new Error('the folder is busy'));
  await cleanupEnded();
  assert.match(String(((await failed) as [Error])[0]), /could not be removed: the folder is busy/);
});

it('is nothing that anybody has to wait for otherwise', limits, async () => {
  const { runner, release } = slowRunner();
  release();
  const starting = startPlugin({
    createRunner: () => Promise.resolve(runner),
    handshake,
    protocolVersions: [1],
  });
  const error: unknown = await starting.catch((reason: unknown) => reason);
  assert.ok(error instanceof PluginError && !('cleanupPending' in error));
  await cleanupEnded();
});
