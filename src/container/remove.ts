import type { Engine } from '../engine/index.ts';
import { BulkheadError } from '../errors.ts';
import { CleanupError } from './errors.ts';

const removeMs = 15_000;

/**
 * Removes a container, running or not. That it is already gone, or being removed by somebody else, is success.
 *
 * @throws CleanupError naming the container when the engine can't remove it, or does not answer within 15 s
 */
export async function removeContainer(engine: Engine, idOrName: string): Promise<void> {
  try {
    await engine.containers.remove(idOrName, {
      force: true,
      volumes: true,
      signal: AbortSignal.timeout(removeMs),
    });
  } catch (cause) {
    if (cause instanceof BulkheadError && ['ENGINE_NOT_FOUND', 'ENGINE_CONFLICT'].includes(cause.code))
      return;
    throw new CleanupError(idOrName, { cause });
  }
}
