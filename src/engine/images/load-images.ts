import { z } from 'zod';
import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { checkOptions, optionsOf, signalOption } from '../../settings/option-check.ts';
import type { Progress } from '../progress.ts';
import { readProgress } from '../read-progress.ts';
import { archiveBytes } from './archive-bytes.ts';

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

export const onProgressOption = z
  .custom<(progress: Progress) => void>((value) => typeof value === 'function', 'must be a function')
  .optional();
const schema = optionsOf<LoadImagesOptions>()({ onProgress: onProgressOption, signal: signalOption });

/** See `Images.load`. */
export async function loadImages(
  client: EngineClient,
  archive: ImageArchive,
  options: LoadImagesOptions = {},
): Promise<LoadedImages> {
  const { onProgress, signal } = checkOptions('images.load', schema, options);
  const call: Call = {
    doing: 'load an image archive',
    method: 'POST',
    path: '/images/load',
    bytes: await archiveBytes('images.load', archive),
    headers: { 'content-type': 'application/x-tar' },
    lasting: { headersMs: 0, bodyMs: 0 }, // a large archive takes as long as it takes; `signal` is the limit
    signal,
    hints: {
      ENGINE_OPERATION_FAILED:
        'Give it a docker-archive, as `docker save` writes it; Podman before 5 does not load one that is compressed as a whole.',
    },
  };
  const { messages } = await readProgress(client, call, await client.open(call), onProgress);
  return { references: messages.flatMap(loadedReferences) };
}

/**
 * Reads the references in `Loaded image: a:1` (Docker, a line for each), `Loaded image: a:1,b:1` (Podman) and `Loaded
 * image ID: sha256:...`.
 */
function loadedReferences(message: string): string[] {
  return (
    /^Loaded images?(?: ID)?(?:\(s\))?: (.+)$/
      .exec(message)?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? []
  );
}
