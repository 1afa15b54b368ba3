/** Determines which of an image's digests a registration named. */
import type { AbortOption } from '../../abort.ts';
import { innerDigests } from '../../compatibility/internal.ts';
import type { Engine, InspectedImage } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';

/**
 * The digest that was named:
 * - id: the id of the image in the engine; the configuration's digest on Podman and in Docker's older store, that of the
 *   manifest or index where Docker keeps images in containerd's store
 * - repository: the digest by which a registry served it, of its manifest or of the index that lists it
 * - configuration: the configuration's digest, where the engine's id is another
 */
export type MatchedDigest = 'id' | 'repository' | 'configuration';

/**
 * @throws BulkheadError `IMAGE_DIGEST_MISMATCH`, which names the image's digests; the errors of the engine
 * @remarks Abort ends the reading of an image whose digests its engine does not tell.
 */
export async function matchDigest(
  { engine, image }: { readonly engine: Engine; readonly image: InspectedImage },
  sha256: string,
  reference: string,
  options: AbortOption = {},
): Promise<MatchedDigest> {
  const wanted = `sha256:${sha256}`;
  if (image.id === wanted) return 'id';
  const digests = image.digests.map((digest) => digest.slice(digest.indexOf('@') + 1));
  const { Digest, Descriptor } = image.raw as { Digest?: unknown; Descriptor?: { digest?: unknown } };
  if ([...digests, Digest, Descriptor?.digest].includes(wanted)) return 'repository';
  const inner = engine.kind === 'docker' ? await innerDigests(engine, image, options) : undefined;
  if (inner?.manifests.includes(wanted) === true) return 'repository';
  if (inner?.configuration === wanted) return 'configuration';
  const all = [image.id, ...digests, ...(inner?.manifests ?? []), inner?.configuration ?? image.id];
  throw new BulkheadError(
    'IMAGE_DIGEST_MISMATCH',
    `${reference} is there, but is not the image that was registered: it has ${[...new Set(all)].join(', ')}, not ${wanted}`,
    {
      hint: 'It was built or pulled again: register the plugin with its present digest, or restore the old image.',
    },
  );
}
