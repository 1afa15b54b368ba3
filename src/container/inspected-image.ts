import type { Engine, InspectedImage } from '../engine/index.ts';

/** Most images that are remembered for each engine. */
const mostImages = 64;

const seen = new WeakMap<Engine, Map<string, Promise<InspectedImage>>>();

/**
 * What the engine says of an image. It is asked once for each id, because an id is a digest of what is compared with a
 * container: configuration and platform. Names of the image may have changed since.
 *
 * @param id id of the image, such as `sha256:...`; a name would stand for another image later
 * @throws the errors of `engine.images.inspect`
 */
export function inspectedImage(
  engine: Engine,
  id: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<InspectedImage> {
  const images = seen.get(engine) ?? new Map<string, Promise<InspectedImage>>();
  seen.set(engine, images);
  const before = images.get(id);
  if (before !== undefined) return before;
  const inspected = engine.images.inspect(id, { signal });
  // Only an answer is remembered: the signal of one launch must not end the question of another.
  const remember = (): void => {
    images.set(id, inspected);
    const [earliest] = images.keys();
    if (images.size > mostImages && earliest !== undefined) images.delete(earliest);
  };
  inspected.then(remember, () => undefined);
  return inspected;
}
