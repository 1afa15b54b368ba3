import { setTimeout as delay } from 'node:timers/promises';
import { ConflictError, EngineTimeoutError, NotFoundError, type Engine } from '../engine/index.ts';
import { BulkheadError } from '../errors.ts';
import { CleanupError } from './errors.ts';
import { killStuckRuntime } from './stuck-runtime.ts';

/** How long an engine may take, which a busy one does, before what it waits for is killed; and again after that. */
const removeMs = 15_000;
const lookEveryMs = 100;

/**
 * Removes a container, running or not. That it is already gone, or being removed by somebody else, is success. Where the
 * engine does not answer because it waits for a runtime that hangs, the runtime is killed, if it runs on this machine and
 * this user may.
 *
 * @param options.runtime the container's, to know its processes by
 * @throws CleanupError naming the container when the engine can't remove it, or does not answer
 */
export async function removeContainer(
  engine: Engine,
  idOrName: string,
  options: { runtime?: string | undefined } = {},
): Promise<void> {
  const first = await tryToRemove(engine, idOrName);
  if (first === undefined) return;
  const isStuck = !(first instanceof BulkheadError) || first instanceof EngineTimeoutError;
  const killed = isStuck ? await killStuckRuntime(idOrName, options.runtime ?? '') : 0;
  const last = killed === 0 ? first : await tryToRemove(engine, idOrName);
  if (last !== undefined) throw new CleanupError(idOrName, { cause: last });
}

/** What went wrong, if anything. */
async function tryToRemove(engine: Engine, idOrName: string): Promise<unknown> {
  try {
    const signal = AbortSignal.timeout(removeMs);
    await engine.containers.remove(idOrName, { force: true, volumes: true, signal });
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    // Somebody else is removing it, as a rule, and it may live until that is done; or it ended just when it was to be killed.
    if (error instanceof ConflictError && (await isGoneSoon(engine, idOrName))) return undefined;
    return error;
  }
  return undefined;
}

async function isGoneSoon(engine: Engine, idOrName: string): Promise<boolean> {
  const signal = AbortSignal.timeout(removeMs);
  for (;;) {
    try {
      await delay(lookEveryMs, undefined, { signal });
      await engine.containers.inspect(idOrName, { signal });
      await engine.containers.remove(idOrName, { force: true, volumes: true, signal });
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return true;
      if (!(error instanceof ConflictError)) return false;
    }
  }
}
