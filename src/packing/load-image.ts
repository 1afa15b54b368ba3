import { NotFoundError, type Engine, type InspectedImage } from '../engine/index.ts';
import { checkLoadOptions } from './pack-options.ts';
import { contentLabel, type PackedImage } from './docker-archive.ts';

export interface LoadImageOptions {
  /**
   * Abort ends the call with the reason. The engine may keep completely transferred data as an image without a name. An
   * image that had the tag before keeps it.
   */
  readonly signal?: AbortSignal | undefined;
}

export interface LoadedImage {
  /** Id that the engine uses, to create a container from exactly this image. */
  readonly id: string;
  /** False when the engine already had the same content under the tag, so that nothing was sent. */
  readonly sent: boolean;
}

/**
 * Loads an image into the engine under its tag, unless the engine already has it. Nothing is ever pulled.
 *
 * A loaded image is recognised by the content label and the layer, not by the id: Docker's containerd store makes its
 * own ids.
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
