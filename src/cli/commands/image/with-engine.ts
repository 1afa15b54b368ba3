import { orAborted } from '../../../abort.ts';
import type { Engine } from '../../../engine/index.ts';
import { lazyModules } from '../../lazy-modules.ts';

/**
 * Works with the engine that plugins would run on: the one that is found, or a Podman service that ends with the work.
 */
export async function withEngine<T>(
  options: { readonly socketPath: string | undefined; readonly signal: AbortSignal },
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const { PluginHost } = await lazyModules.host();
  await using host = await PluginHost.open({ ...options, sweep: false });
  return await work(await orAborted(host.engine(), options.signal));
}
