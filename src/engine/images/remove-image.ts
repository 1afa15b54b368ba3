import { z } from 'zod';
import { withDigestPrefix } from '../answer.ts';
import { compareVersions } from '../api-version.ts';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { checkOptions, optionsOf, signalOption } from '../../settings/option-check.ts';
import { checkImageReference } from '../check-name.ts';
import { encodeReference } from '../transport/query.ts';

export interface RemoveImageOptions extends CallOptions {
  /**
   * Removes the image even when stopped containers use it. Refused on Podman before 5.6, which would delete those
   * containers too.
   */
  readonly force?: boolean | undefined;
}

/** What a removal did: a name was taken away, or an image was deleted. */
export interface RemovedImage {
  readonly untagged?: string | undefined;
  /** Id with `sha256:`. */
  readonly deleted?: string | undefined;
}

const schema = optionsOf<RemoveImageOptions>()({ force: z.boolean().optional(), signal: signalOption });

export const removeImageSchema = z
  .array(z.object({ Untagged: z.string().optional(), Deleted: z.string().optional() }))
  .nullish();

/** See `Images.remove`. */
export async function removeImage(
  client: EngineClient,
  reference: string,
  options: RemoveImageOptions = {},
): Promise<RemovedImage[]> {
  const { force, signal } = checkOptions('images.remove', schema, options);
  const name = checkImageReference('images.remove', reference);
  if (force === true && client.isPodman && compareVersions(client.identity.version, '5.6') < 0) {
    client.refuse(
      'would also delete the containers that use the image',
      'Remove those containers first, then the image without force.',
    );
  }
  const steps = await client.fetch(removeImageSchema, {
    doing: `remove image ${name}`,
    method: 'DELETE',
    path: `/images/${encodeReference(name)}`,
    query: { force },
    signal,
  });
  return removedImages(steps);
}

export function removedImages(steps: z.infer<typeof removeImageSchema>): RemovedImage[] {
  return (steps ?? []).map(({ Untagged, Deleted }) =>
    Deleted === undefined ? { untagged: Untagged } : { deleted: withDigestPrefix(Deleted) },
  );
}
