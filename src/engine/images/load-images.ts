import type { CallOptions } from '../call-options.ts';
import type { Progress } from '../progress.ts';

/** Path of a file, the bytes, or a stream of them. */
export type ImageArchive = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface LoadImagesOptions extends CallOptions {
  /** Called for each line that the engine reports. Podman reports one, at the end. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface LoadedImages {
  /** What the engine calls the images that it loaded: names, or ids of images without one. */
  readonly references: readonly string[];
}
