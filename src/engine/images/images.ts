import type { ByteStream } from '../byte-stream.ts';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { buildImage, type BuildImageOptions, type BuiltImage } from './build-image.ts';
import { imageHistory, type ImageHistoryEntry } from './image-history.ts';
import { inspectImage, type InspectedImage } from './inspect-image.ts';
import { listImages, type ImageSummary, type ListImagesOptions } from './list-images.ts';
import { loadImages, type ImageArchive, type LoadImagesOptions, type LoadedImages } from './load-images.ts';
import { pruneImages, type PrunedImages, type PruneImagesOptions } from './prune-images.ts';
import { pullImage, type PulledImage, type PullImageOptions } from './pull-image.ts';
import { removeImage, type RemovedImage, type RemoveImageOptions } from './remove-image.ts';
import { saveImages } from './save-images.ts';
import { tagImage } from './tag-image.ts';

/** Images of the engine. A reference is a name (`localhost/kv:1`) or an id, whole or shortened. */
export interface Images {
  /**
   * Loads every image of a docker-archive: the path of a file, a stream of bytes, or the bytes. It is streamed, never
   * held in memory whole.
   *
   * @throws EngineOperationError when the engine refuses the archive, also where Docker says so inside a 200 answer
   * @remarks Abort stops sending. Layers that had arrived whole may stay in the engine's store, without a name.
   */
  load(archive: ImageArchive, options?: LoadImagesOptions): Promise<LoadedImages>;
  /** @throws NotFoundError when there is no such image */
  inspect(reference: string, options?: CallOptions): Promise<InspectedImage>;
  list(options?: ListImagesOptions): Promise<ImageSummary[]>;
  /**
   * Gives the image another name, `repository:tag`.
   *
   * @throws NotFoundError when there is no such image
   */
  tag(reference: string, name: string, options?: CallOptions): Promise<void>;
  /**
   * Removes a name; with its last name, the image is removed too.
   *
   * @throws NotFoundError when there is no such image
   * @throws ConflictError when a container uses it
   */
  remove(reference: string, options?: RemoveImageOptions): Promise<RemovedImage[]>;
  /**
   * Writes images, with their names, as a docker-archive that `load` takes. Resolves when the engine has begun.
   *
   * @throws NotFoundError when there is no such image
   * @throws EngineGoneError while iterating, when the engine ends the connection early
   * @remarks Abort, before or after it resolved, closes the connection; nothing stays at the engine.
   */
  save(references: string | readonly string[], options?: CallOptions): Promise<ByteStream>;
  /** How the image was made, newest step first. @throws NotFoundError when there is no such image */
  history(reference: string, options?: CallOptions): Promise<ImageHistoryEntry[]>;
  /** Removes images that nothing uses. After an abort the engine still finishes. */
  prune(options?: PruneImagesOptions): Promise<PrunedImages>;
  /**
   * Builds an image from a tar archive that holds a Dockerfile and its files. Docker's older builder, the one that its API
   * offers without a session, drops file capabilities on `COPY`.
   *
   * @throws EngineOperationError when a step fails, also where the engine says so inside a 200 answer
   * @remarks Abort ends the build; finished steps stay in the engine's cache.
   */
  build(context: ImageArchive, options?: BuildImageOptions): Promise<BuiltImage>;
  /**
   * Pulls an image from a registry. No other operation does.
   *
   * @throws NotFoundError, UnauthorizedError or EngineOperationError when the registry has or gives no such image
   * @remarks Abort ends the transfer; layers that had arrived stay in the engine's store for the next try.
   */
  pull(reference: string, options?: PullImageOptions): Promise<PulledImage>;
}

export function imagesOf(client: EngineClient): Images {
  return {
    load: (archive, options) => loadImages(client, archive, options),
    inspect: (reference, options) => inspectImage(client, reference, options),
    list: (options) => listImages(client, options),
    tag: (reference, name, options) => tagImage(client, reference, name, options),
    remove: (reference, options) => removeImage(client, reference, options),
    save: (references, options) => saveImages(client, references, options),
    history: (reference, options) => imageHistory(client, reference, options),
    prune: (options) => pruneImages(client, options),
    build: (context, options) => buildImage(client, context, options),
    pull: (reference, options) => pullImage(client, reference, options),
  };
}
