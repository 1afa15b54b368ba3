import type { Engine } from '../engine/index.ts';
import { BulkheadError } from '../errors.ts';
import { removeContainer } from '../container/index.ts';

/** Label of every container that a live matrix makes; its value is the matrix' own. */
export const matrixLabel = 'io.bulkhead.matrix';

const listMs = 15_000;

/**
 * Removes containers that launches could not remove: an engine that was busy then may answer now.
 *
 * @returns a sentence for each engine or container that failed
 */
export async function removeLeftovers(engines: readonly Engine[], matrixId: string): Promise<string[]> {
  const failures = await Promise.all(engines.map((engine) => removeFrom(engine, matrixId)));
  return failures.flat();
}

async function removeFrom(engine: Engine, matrixId: string): Promise<string[]> {
  try {
    const left = await engine.containers.list({
      all: true,
      filters: { label: [`${matrixLabel}=${matrixId}`] },
      signal: AbortSignal.timeout(listMs),
    });
    const removals = await Promise.allSettled(
      left.map(({ id, state }) => removeContainer(engine, id, { mayBePaused: state === 'paused' })),
    );
    return removals.flatMap((each) =>
      each.status === 'rejected' ? [leftoverWords(engine, each.reason)] : [],
    );
  } catch (error) {
    return [leftoverWords(engine, error)];
  }
}

/** Says which engine may still have something, and why. */
export function leftoverWords({ kind, socketPath }: Engine, error: unknown): string {
  const { code, message } = BulkheadError.from(error);
  return `${kind} at ${socketPath}: ${code}: ${message}`;
}
