/** Which of an image's digests a registration named. */
import type { InspectedImage } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';

/**
 * - id: what the engine calls the image by; the configuration's digest on Podman and on Docker's classic store
 * - repository: the digest under which a registry gave it, of its manifest or of the index that lists it
 */
export type MatchedDigest = 'id' | 'repository';

/** @throws BulkheadError `IMAGE_DIGEST_MISMATCH` with the digests that it has */
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
