import type { EngineClient } from './client.ts';
import { EngineOperationError, NotFoundError } from './errors.ts';

const maxAttempts = 10;

/**
 * Asks Podman anew when it fails to count or list because, meanwhile, a container or an image is removed or an image is
 * half made (seen with 4.3.1: once in three removals beside two callers that list images all the time).
 */
export async function retryOnConcurrentRemoval<T>(client: EngineClient, ask: () => Promise<T>): Promise<T> {
  for (let left = maxAttempts; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      const passes = error instanceof NotFoundError || error instanceof EngineOperationError;
      if (!client.isPodman || !passes || left <= 1) throw error;
    }
  }
}
