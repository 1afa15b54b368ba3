import { gatherImageFacts, type ImageFacts, type ImageGathering } from '../compatibility/index.ts';
import type { Engine } from '../engine/index.ts';
import { ImageNotPresentError } from './errors.ts';

/**
 * The facts of an image, from the first of these engines that has it. An engine that fails is passed over.
 *
 * @throws ImageNotPresentError when none has it; where none has it and one could not tell, the error of that engine
 */
export async function firstImageFacts(
  engines: readonly Engine[],
  reference: string,
  options: ImageGathering,
): Promise<ImageFacts> {
  const failures: unknown[] = [];
  for (const engine of engines) {
    try {
      const facts = await gatherImageFacts(engine, reference, options);
      if (!('absent' in facts)) return facts;
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  const [only, ...others] = engines;
  const place =
    only && others.length === 0 ? `${only.kind} at ${only.socketPath}` : 'every engine that was found';
  throw new ImageNotPresentError(reference, place);
}
