import { setTimeout as delay } from 'node:timers/promises';
import {
  ConflictError,
  EngineGoneError,
  EngineOperationError,
  EngineTimeoutError,
  NotFoundError,
  type Engine,
} from '../engine/index.ts';
import { BulkheadError } from '../errors.ts';
import { isContainerId } from './container-name.ts';
import { CleanupError } from './errors.ts';
import { resumePaused } from './resume-paused.ts';
import { killStuckRuntime } from './stuck-runtime.ts';

/**
 * How long a removal may take, as it does at a busy engine, before the stuck runtime is killed; the second try has as
 * long.
 */
const removeMs = 15_000;
const lookEveryMs = 100;

/**
 * Removes a container, running or not. A container that is already gone, or is being removed by somebody else, counts
 * as removed. Where the engine does not answer because it waits for a runtime that hangs, the runtime is killed, if it
 * runs on this machine and this user may kill it.
 *
 * @param options.runtime name of the container's runtime, by which its processes are recognised
 * @param options.mayBePaused whether somebody may have paused it: it is resumed before
 * @returns `absent` when there was none
 * @throws CleanupError naming the container when the engine can't remove it, or does not answer
 */
export async function removeContainer(
  engine: Engine,
  idOrName: string,
  options: { readonly runtime?: string | undefined; readonly mayBePaused?: boolean | undefined } = {},
): Promise<'removed' | 'absent'> {
  if (options.mayBePaused === true) await resumePaused(engine, idOrName, options);
  const first = await tryToRemove(engine, idOrName);
  if (first === 'removed' || first === 'absent') return first;
  const isStuck =
    !(first instanceof BulkheadError) ||
    first instanceof EngineTimeoutError ||
    first instanceof ConflictError;
  const killed = isStuck ? await killStuckRuntime(idOrName, options.runtime ?? '') : 0;
  const last = killed === 0 ? first : await tryToRemove(engine, idOrName);
  if (last === 'removed' || last === 'absent') return last;
  throw new CleanupError(idOrName, { cause: last });
}

/** Returns what was found, or the error. */
async function tryToRemove(engine: Engine, idOrName: string): Promise<unknown> {
  const found = await tryOnce(engine, idOrName);
  // The engine ended the connection, maybe one that had been idle: whether it has removed the container is not known. Where
  // it is absent now, it may still be one that is made later.
  return found instanceof EngineGoneError ? tryOnce(engine, idOrName) : found;
}

/**
 * A Podman that is making a container has its storage before its record, and a removal by its name would take away the
 * storage alone: the container would be recorded without it. It counts as absent until it is recorded.
 *
 * @throws NotFoundError for what is not recorded
 */
async function checkRecorded(engine: Engine, name: string, signal: AbortSignal): Promise<void> {
  try {
    await engine.containers.inspect(name, { signal });
  } catch (error) {
    if (!(error instanceof EngineOperationError)) throw error; // a record without storage can't be inspected
  }
}

async function tryOnce(engine: Engine, idOrName: string): Promise<unknown> {
  try {
    const signal = AbortSignal.timeout(removeMs);
    if (engine.kind === 'podman' && !isContainerId(idOrName)) await checkRecorded(engine, idOrName, signal);
    await engine.containers.remove(idOrName, { force: true, volumes: true, signal });
  } catch (error) {
    if (error instanceof NotFoundError) return 'absent';
    // Usually somebody else is removing it, and it may live until that is done; or it ended just before it was to be
    // killed.
    if (error instanceof ConflictError) return removeSoon(engine, idOrName, error);
    // Podman 5 without aardvark-dns removes the container, and then fails at its entry in a network.
    if (error instanceof EngineOperationError && (await isGone(engine, idOrName))) return 'removed';
    return error;
  }
  return 'removed';
}

async function isGone(engine: Engine, idOrName: string): Promise<boolean> {
  try {
    await engine.containers.inspect(idOrName, { signal: AbortSignal.timeout(removeMs) });
    return false;
  } catch (error) {
    return error instanceof NotFoundError;
  }
}

/** Returns `removed`, what went wrong, or the conflict where it lasts: its removal hangs, as it does with its runtime. */
async function removeSoon(engine: Engine, idOrName: string, conflict: ConflictError): Promise<unknown> {
  const signal = AbortSignal.timeout(removeMs);
  for (;;) {
    try {
      await delay(lookEveryMs, undefined, { signal });
      await engine.containers.inspect(idOrName, { signal });
      await engine.containers.remove(idOrName, { force: true, volumes: true, signal });
      return 'removed';
    } catch (error) {
      if (error instanceof NotFoundError) return 'removed';
      if (signal.aborted) return conflict;
      if (error instanceof ConflictError) continue;
      if (error instanceof EngineOperationError && (await isGone(engine, idOrName))) return 'removed';
      return error;
    }
  }
}
