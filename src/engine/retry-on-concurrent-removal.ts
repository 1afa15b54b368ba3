import { setTimeout as delay } from 'node:timers/promises';
import type { EngineClient } from './client.ts';
import { EngineOperationError, NotFoundError } from './errors.ts';

/** How long answers may stay wrong: on a busy machine a removal is half done for some seconds. */
const retryMs = 5_000;
const firstPauseMs = 5;
const longestPauseMs = 250;

/**
 * Asks an engine anew when it fails to count or list because, meanwhile, a container or an image is removed or an image is
 * half made. Podman 4.3.1 did so once in three removals beside two callers that list images all the time; Docker does where
 * it keeps images in containerd's store (seen with 28.5), and its older store never.
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
      if (!passes(client, error) || performance.now() > late) throw error;
    }
    await delay(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** Nothing that was asked for by name can be missing here: whole lists are asked for. */
function passes({ isPodman }: EngineClient, error: unknown): boolean {
  if (error instanceof NotFoundError) return true;
  if (!(error instanceof EngineOperationError)) return false;
  return isPodman || /content digest .* not found|consistency error/.test(error.engineMessage ?? '');
}
