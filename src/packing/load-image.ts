import { NotFoundError, type Engine, type InspectedImage } from '../engine/index.ts';
import { checkLoadOptions } from './pack-options.ts';
import { contentLabel, type PackedImage } from './docker-archive.ts';

export interface LoadImageOptions {
  /**
   * Ends the call with its reason. The engine may keep what had arrived whole, without a name; an image that had the tag
   * before keeps it.
   */
  readonly signal?: AbortSignal | undefined;
}

export interface LoadedImage {
  /** As the engine calls it: for the container to be created from exactly this image. */
  readonly id: string;
  /** False when the engine had the same content under the tag already, and nothing was sent. */
  readonly sent: boolean;
}

/**
 * Gives the engine an image under its tag, unless it has it already. Nothing is ever pulled.
 *
 * Recognised by the content label and the layer, not by the id: Docker's containerd store makes ids of its own.
 *
 * @throws {EngineOperationError} the engine refuses the archive
 * @throws {ImageChangedError} a file changed since the image was packed
 */
export async function loadImage(
  engine: Engine,
  image: PackedImage,
  options: LoadImageOptions = {},
): Promise<LoadedImage> {
  checkLoadOptions(engine, image, options);
  const present = await engine.images.inspect(image.tag, options).catch(absent);
  if (present !== undefined && isSame(present, image)) return { id: present.id, sent: false };
  await engine.images.load(image, options);
  const { id } = await engine.images.inspect(image.tag, options);
  return { id, sent: true };
}

function absent(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

function isSame(present: InspectedImage, image: PackedImage): boolean {
  return (
    present.config.labels[contentLabel] === image.contentHash &&
    present.layers.length === 1 &&
    present.layers[0] === image.diffId
  );
}
