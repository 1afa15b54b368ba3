import type { Engine } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';
import type { EnginePlace } from './every-engine.ts';

/** The engines that answer. @throws why the first requested engine does not answer, or that there is no engine */
export function answering(places: readonly EnginePlace[]): Engine[] {
  const engines = places.flatMap(({ found }) => ('engine' in found ? [found.engine] : []));
  const failed = places.find(({ source, found }) => 'error' in found && source === '-engine')?.found;
  // The last place is that of a Podman of our own, whose error tells of all the others.
  const error = failed ?? (engines.length === 0 ? places.at(-1)?.found : undefined);
  if (error === undefined || !('error' in error)) return engines;
  const none = BulkheadError.from(error.error);
  if (none.code !== 'ENGINE_NONE_FOUND') throw error.error;
  throw new BulkheadError('ENGINE_NONE_FOUND', none.message, {
    cause: none,
    hint: `To predict for another host, give its -facts. ${none.hint ?? ''}`,
  });
}
