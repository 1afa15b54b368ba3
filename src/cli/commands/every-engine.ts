import type { Engine, InfoCache, SocketCandidate } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';
import { lazyModules } from '../lazy-modules.ts';

/** A place where an engine may be, and the engine or error that was found there. */
export interface EnginePlace {
  readonly socketPath: string;
  /** Where the hint to this place was found. */
  readonly source: string;
  readonly found: { readonly engine: Engine } | { readonly error: unknown };
}

/**
 * Connects to the engines at `sockets`, or at every place where one may be. A usual place without an engine is not
 * reported, because most hosts have only a few. The caller closes the engines.
 *
 * @remarks Abort closes those that were connected, and rethrows the reason.
 */
export async function everyEngine(
  sockets: readonly string[],
  { signal, infoCache }: { readonly signal: AbortSignal; readonly infoCache?: InfoCache | undefined },
): Promise<EnginePlace[]> {
  const { connectEngine, findSockets } = await lazyModules.engine();
  const candidates: readonly SocketCandidate[] =
    sockets.length === 0
      ? await findSockets()
      : sockets.map((socketPath) => ({ socketPath, source: '-engine', explicit: true }));
  const places = await Promise.all(
    candidates.map(async ({ socketPath, source, explicit, problem }) => {
      if (problem !== undefined) return [{ socketPath, source, found: { error: problem } }];
      try {
        return [
          { socketPath, source, found: { engine: await connectEngine({ socketPath, infoCache, signal }) } },
        ];
      } catch (error) {
        const usual = error instanceof BulkheadError && error.code === 'ENGINE_SOCKET_ABSENT' && !explicit;
        return usual ? [] : [{ socketPath, source, found: { error } }];
      }
    }),
  );
  const all = places.flat();
  if (signal.aborted) {
    await closeEngines(all);
    signal.throwIfAborted();
  }
  return all;
}

export async function closeEngines(places: readonly EnginePlace[]): Promise<void> {
  await Promise.all(places.flatMap(({ found }) => ('engine' in found ? [found.engine.close()] : [])));
}
