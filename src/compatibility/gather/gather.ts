import type { Engine } from '../../engine/index.ts';
import type { LaunchFacts } from '../rule.ts';
import { checkGathering, checkGiven } from '../compatibility-checks.ts';
import { gatherEngineFacts } from './engine.ts';
import { gatherHostFacts } from './host.ts';
import { gatherImageFacts, type ImageGathering } from './image.ts';
import type { EngineGathering } from './engine.ts';

export type Gathering = EngineGathering & ImageGathering;

/**
 * Gathers everything from which a verdict about launching `image` on `engine` is made. Nothing is run, and nothing is
 * changed.
 *
 * @throws the errors of the engine
 * @remarks Abort ends the questions; nothing stays at the engine.
 */
export async function gatherFacts(
  engine: Engine,
  image: string,
  options: Gathering = {},
): Promise<LaunchFacts> {
  checkGiven('gatherFacts', { engine, reference: image });
  checkGathering('gatherFacts', options);
  const { socketDirectory, fresh, cacheDirectory, signal } = options;
  const [host, engineFacts, imageFacts] = await Promise.all([
    gatherHostFacts({ socketDirectory }),
    gatherEngineFacts(engine, { socketDirectory, fresh, signal }),
    gatherImageFacts(engine, image, { cacheDirectory, signal }),
  ]);
  return { host, engine: engineFacts, image: imageFacts };
}
