import { z } from 'zod';
import { NotFoundError } from '../../engine/internal.ts';
import type { ByteStream, Engine, InspectedImage } from '../../engine/index.ts';
import { ByteReader } from './byte-reader.ts';
import { contentKey } from './content-key.ts';
import { wholeText } from './layer.ts';
import { checkImageLimit, imageLimits } from './limits.ts';
import { Slices } from './slices.ts';
import { tarEntries, type TarStreamEntry } from './tar-entries.ts';

/** The digests of an image that stand below the one by which its engine names it. */
export interface InnerDigests {
  /** The digest of the configuration: the id that the image has on Podman, and in Docker's older store. */
  readonly configuration: string;
  /** Of the manifests that have this configuration. An index lists one for each platform. */
  readonly manifests: readonly string[];
}

/** Digests by what identifies an image's contents, so that they never change. */
const known = new WeakMap<Engine, Map<string, InnerDigests>>();

/**
 * Reads the digests of the image that would run here out of the archive that the engine saves: a Docker that keeps images
 * in containerd's store names an image by its manifest or index, and tells those below in no answer of its API.
 *
 * @returns `undefined` where the archive does not tell them, or the engine has too little of the image to save it
 * @throws the errors of `engine.images.save`; the signal's reason
 */
export async function innerDigests(
  engine: Engine,
  image: InspectedImage,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<InnerDigests | undefined> {
  const remembered = known.get(engine) ?? new Map<string, InnerDigests>();
  known.set(engine, remembered);
  const key = contentKey(image);
  const found = remembered.get(key) ?? (await readInnerDigests(engine, image, signal));
  if (found === undefined) return undefined;
  remembered.set(key, found);
  const [earliest] = remembered.keys();
  if (remembered.size > imageLimits.rememberedImages.most && earliest !== undefined)
    remembered.delete(earliest);
  return found;
}

async function readInnerDigests(
  engine: Engine,
  image: InspectedImage,
  signal: AbortSignal | undefined,
): Promise<InnerDigests | undefined> {
  try {
    await using archive: ByteStream = await engine.images.save(image.id, { signal });
    return chooseDigests(await readDocuments(archive, new Slices(signal)), image);
  } catch (error) {
    signal?.throwIfAborted();
    // Not the archive of an image, or one that exceeds a limit; or what an index lists is not there.
    if (error instanceof SyntaxError || error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** The few parts of an archive's documents that matter here. */
interface Documents {
  /** Name of the blob with the configuration of the image that is meant. */
  readonly configuration: string | undefined;
  /** Digests of manifests, with those of their configurations. */
  readonly manifests: ReadonlyMap<string, string>;
  /** Layers that a configuration lists, by its digest. */
  readonly layers: ReadonlyMap<string, readonly string[]>;
}

const blobName = /^blobs\/sha256\/([0-9a-f]{64})$/;
const archiveManifest = z.array(z.object({ Config: z.string() })).min(1);
const manifest = z.object({ config: z.object({ digest: z.string() }), layers: z.array(z.unknown()) });
const configuration = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()).nullish() }) });

async function readDocuments(archive: AsyncIterable<Uint8Array>, slices: Slices): Promise<Documents> {
  const reader = new ByteReader(archive);
  const manifests = new Map<string, string>();
  const layers = new Map<string, readonly string[]>();
  let wanted: string | undefined;
  let entries = 0;
  try {
    for await (const entry of tarEntries(reader, slices)) {
      entries += 1;
      checkImageLimit('archiveEntries', entries, `${entries} files in the image archive`);
      if (entry.name === 'manifest.json') {
        wanted = archiveManifest.safeParse(JSON.parse(await wholeText(entry))).data?.[0]?.Config;
      }
      const hash = blobName.exec(entry.name)?.[1];
      if (hash === undefined || entry.type !== '0') continue;
      const document = await documentIn(entry);
      const config = manifest.safeParse(document).data?.config.digest;
      if (config !== undefined) manifests.set(`sha256:${hash}`, config);
      const listed = configuration.safeParse(document).data?.rootfs.diff_ids;
      if (listed) {
        checkImageLimit('layers', listed.length, `${listed.length} layers`);
        layers.set(`sha256:${hash}`, listed);
      }
    }
  } finally {
    reader.close();
  }
  return { configuration: wanted, manifests, layers };
}

/** Layers are the large files of an archive, and begin with no brace. */
async function documentIn(entry: TarStreamEntry): Promise<unknown> {
  if (entry.size > imageLimits.textBytes.most) return undefined;
  const text = await wholeText(entry);
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The archive has to speak of the image that was inspected: an index can list several for one platform. */
function chooseDigests(
  { configuration: name = '', manifests, layers }: Documents,
  image: InspectedImage,
): InnerDigests | undefined {
  const hash = blobName.exec(name)?.[1];
  if (hash === undefined) return undefined;
  const digest = `sha256:${hash}`;
  if (layers.get(digest)?.join(' ') !== image.layers.join(' ')) return undefined;
  return {
    configuration: digest,
    manifests: [...manifests].filter(([, config]) => config === digest).map(([own]) => own),
  };
}
