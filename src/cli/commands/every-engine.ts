import { orAborted } from '../../abort.ts';
import type { Engine, InfoCache, SocketCandidate } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';
import { lazyModules } from '../lazy-modules.ts';

/** A place where an engine may be, and the engine or error that was found there. */
export interface EnginePlace {
  /** Empty where a Podman of our own could not be started. */
  readonly socketPath: string;
  /** Where the hint to this place was found. */
  readonly source: string;
  readonly found: { readonly engine: Engine } | { readonly error: unknown };
  /** Ends a Podman service that was started for this command. */
  readonly end?: (() => Promise<void>) | undefined;
}

/** Where a Podman service comes from that a command starts for itself, as a launch would. */
export const ownPodman = "a Podman of Bulkhead's own, started when it is needed";

export interface EveryEngineOptions {
  readonly signal: AbortSignal;
  readonly infoCache?: InfoCache | undefined;
  /**
   * Starts a Podman service where a launch would start one, because no engine is found. `socketDirectory` is that of the
   * launches.
   */
  readonly embedded?: { readonly socketDirectory: string | undefined } | undefined;
}

/**
 * Connects to the engines at `sockets`, or at every place where one may be. A usual place without an engine is not
 * reported, because most hosts have only a few. The caller closes the engines.
 *
 * @remarks Abort closes those that were connected, and rethrows the reason.
 */
export async function everyEngine(
  sockets: readonly string[],
  { signal, infoCache, embedded }: EveryEngineOptions,
): Promise<EnginePlace[]> {
  const { connectEngine, findSockets } = await lazyModules.engine();
  const candidates: readonly SocketCandidate[] =
    sockets.length === 0
      ? await findSockets()
      : sockets.map((socketPath) => ({ socketPath, source: '-engine', explicit: true }));
  const places = await Promise.all(
    candidates.map(async ({ socketPath, source, explicit, problem }): Promise<EnginePlace[]> => {
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
  if (embedded !== undefined && !signal.aborted && candidates.every(({ explicit }) => !explicit)) {
    if (all.every(({ found }) => 'error' in found))
      all.push(await startOwnPodman(embedded.socketDirectory, signal));
  }
  if (signal.aborted) {
    await closeEngines(all);
    signal.throwIfAborted();
  }
  return all;
}

export async function closeEngines(places: readonly EnginePlace[]): Promise<void> {
  await Promise.all(
    places.map(async ({ found, end }) => {
      if ('engine' in found) await found.engine.close();
      await end?.();
    }),
  );
}

/** Gets the engine that a host would use for its launches, and with it the Podman service. */
async function startOwnPodman(
  socketDirectory: string | undefined,
  signal: AbortSignal,
): Promise<EnginePlace> {
  const { PluginHost } = await lazyModules.host();
  const host = await PluginHost.open({ socketDirectory, sweep: false, signal });
  try {
    const engine = await orAborted(host.engine(), signal);
    return { socketPath: engine.socketPath, source: ownPodman, found: { engine }, end: () => host.close() };
  } catch (error) {
    await host.close().catch(() => undefined); // what went wrong first counts
    return { socketPath: '', source: ownPodman, found: { error } };
  }
}
