import type { Engine } from '../engine/index.ts';
import { removeContainer } from '../container/index.ts';

/** Label of every container that a live matrix makes; its value is the matrix' own. */
export const matrixLabel = 'io.bulkhead.matrix';

const listMs = 15_000;

/** Removes containers that launches could not remove: an engine that was busy then may answer now. */
export async function removeLeftovers(engines: readonly Engine[], matrixId: string): Promise<void> {
  await Promise.all(
    engines.map(async (engine) => {
      const left = await engine.containers.list({
        all: true,
        filters: { label: [`${matrixLabel}=${matrixId}`] },
        signal: AbortSignal.timeout(listMs),
      });
      await Promise.all(left.map(({ id }) => removeContainer(engine, id)));
    }),
  );
}
