import { setTimeout as delay } from 'node:timers/promises';
import type { EngineClient } from './client.ts';
import { EngineOperationError, NotFoundError } from './errors.ts';

/** How long Podman's answers may stay wrong: on a busy machine a removal is half done for some seconds. */
const retryMs = 5_000;
const firstPauseMs = 5;
const longestPauseMs = 250;

/**
 * Asks Podman anew when it fails to count or list because, meanwhile, a container or an image is removed or an image is
 * half made (seen with 4.3.1: once in three removals beside two callers that list images all the time).
 *
 * @throws the signal's reason
 */
export async function retryOnConcurrentRemoval<T>(
  client: EngineClient,
  ask: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const late = performance.now() + retryMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await ask();
    } catch (error) {
      const passes = error instanceof NotFoundError || error instanceof EngineOperationError;
      if (!client.isPodman || !passes || performance.now() > late) throw error;
    }
    await delay(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
