import { gatherImageFacts, userImageCache, type ImageFacts } from '../compatibility/index.ts';
import type { Engine } from '../engine/index.ts';
import { ImageNotPresentError } from './errors.ts';

/**
 * The facts of an image, from the first of these engines that has it.
 *
 * @throws ImageNotPresentError when none has it; the errors of `gatherImageFacts`
 */
export async function firstImageFacts(
  engines: readonly Engine[],
  reference: string,
  signal: AbortSignal,
): Promise<ImageFacts> {
  for (const engine of engines) {
    const facts = await gatherImageFacts(engine, reference, { cacheDirectory: userImageCache(), signal });
    if (!('absent' in facts)) return facts;
  }
  throw new ImageNotPresentError(reference, 'every engine that was found');
}
