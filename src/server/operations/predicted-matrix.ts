/** The predicted matrix of the engines that this server finds, in the form that `bulkhead matrix -format=json` has. */
import {
  dryMatrix,
  gatherEngineFacts,
  gatherHostFacts,
  userImageCache,
  type MatrixResult,
} from '../../compatibility/index.ts';
import { firstImageFacts } from '../../container/index.ts';
import { connectEngine, findSockets, type Engine } from '../../engine/index.ts';
import type { PluginHost } from '../../host/index.ts';

/**
 * Judges every cell of the host's engine and of those at the usual places. Nothing is launched, made or pulled.
 *
 * @param image absent: a faultless image is assumed
 * @throws ImageNotPresentError; the errors of `PluginHost.engine`
 */
export async function predictedMatrix(
  host: Pick<PluginHost, 'engine' | 'socketDirectory'>,
  image: string | undefined,
  { signal }: { readonly signal: AbortSignal },
): Promise<MatrixResult> {
  const { socketDirectory } = host;
  const own = await host.engine();
  const others = await otherEngines(own, signal);
  try {
    const engines = [own, ...others];
    const [hostFacts, engineFacts, imageFacts] = await Promise.all([
      gatherHostFacts({ socketDirectory }),
      Promise.all(engines.map((engine) => gatherEngineFacts(engine, { socketDirectory, signal }))),
      image === undefined
        ? undefined
        : firstImageFacts(engines, image, { cacheDirectory: userImageCache(), signal }),
    ]);
    return dryMatrix({ host: hostFacts, engines: engineFacts, image: imageFacts });
  } finally {
    await Promise.all(others.map((engine) => engine.close()));
  }
}

/** The engines at the usual places, as far as they answer. The host's own engine is asked anyway. */
async function otherEngines(own: Engine, signal: AbortSignal): Promise<Engine[]> {
  const candidates = (await findSockets()).filter(
    ({ socketPath, problem }) => problem === undefined && socketPath !== own.socketPath,
  );
  const found = await Promise.allSettled(
    candidates.map(({ socketPath }) => connectEngine({ socketPath, signal })),
  );
  return found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}
