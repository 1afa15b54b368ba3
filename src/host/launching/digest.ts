/** Determines which of an image's digests a registration named. */
import type { InspectedImage } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';

/**
 * The digest that was named:
 * - id: the id of the image in the engine; the configuration's digest on Podman and in Docker's classic store
 * - repository: the digest by which a registry served it, of its manifest or of the index that lists it
 */
export type MatchedDigest = 'id' | 'repository';

/** @throws BulkheadError `IMAGE_DIGEST_MISMATCH`, which names the image's digests */
export function matchDigest(image: InspectedImage, sha256: string, reference: string): MatchedDigest {
  const wanted = `sha256:${sha256}`;
  if (image.id === wanted) return 'id';
  const digests = image.digests.map((digest) => digest.slice(digest.indexOf('@') + 1));
  const { Digest, Descriptor } = image.raw as { Digest?: unknown; Descriptor?: { digest?: unknown } };
  if ([...digests, Digest, Descriptor?.digest].includes(wanted)) return 'repository';
  const has = [...new Set([image.id, ...digests])].join(', ');
  throw new BulkheadError(
    'IMAGE_DIGEST_MISMATCH',
    `${reference} is there, but is not the image that was registered: it has ${has}, not ${wanted}`,
    {
      hint: 'It was built or pulled again: register the plugin with its present digest, or restore the old image.',
    },
  );
}
