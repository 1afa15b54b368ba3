import { BulkheadError } from '../errors.ts';
import type { ConnectOptions } from './connect-options.ts';
import { connectEngine } from './connect.ts';
import type { Engine } from './engine.ts';

/** The engine that was found, or why none was: a Podman service of our own is the engine then. */
export type FoundEngine =
  | { readonly engine: Engine; readonly none?: undefined }
  | { readonly engine?: undefined; readonly none: BulkheadError };

/**
 * Decides which engine everything works with, hosts and commands alike: the one at `socketPath`; else the one that the
 * environment names, which must work; else the first that answers at a usual place; else a Podman service of our own.
 *
 * @throws the errors of `connectEngine`, except that no engine is found
 */
export async function findEngine(
  options: Pick<ConnectOptions, 'socketPath' | 'infoCache' | 'signal'>,
): Promise<FoundEngine> {
  try {
    return { engine: await connectEngine(options) };
  } catch (error) {
    const isNone = error instanceof BulkheadError && error.code === 'ENGINE_NONE_FOUND';
    if (options.socketPath !== undefined || !isNone) throw error;
    return { none: error };
  }
}
