import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { inspectImage, type InspectedImage } from './inspect-image.ts';
import { listImages, type ImageSummary, type ListImagesOptions } from './list-images.ts';
import { loadImages, type ImageArchive, type LoadImagesOptions, type LoadedImages } from './load-images.ts';
import { removeImage, type RemovedImage, type RemoveImageOptions } from './remove-image.ts';
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
   * Removes a name, and the image with its last name.
   *
   * @throws NotFoundError when there is no such image
   * @throws ConflictError when a container uses it
   */
  remove(reference: string, options?: RemoveImageOptions): Promise<RemovedImage[]>;
}

export function imagesOf(client: EngineClient): Images {
  return {
    load: (archive, options) => loadImages(client, archive, options),
    inspect: (reference, options) => inspectImage(client, reference, options),
    list: (options) => listImages(client, options),
    tag: (reference, name, options) => tagImage(client, reference, name, options),
    remove: (reference, options) => removeImage(client, reference, options),
  };
}
