import { z } from 'zod';
import { NotFoundError } from '../../engine/internal.ts';
import type { Engine, InspectedImage } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';
import { checkGathering, checkGiven } from '../compatibility-checks.ts';
import { isKnown, known, unknown, type Fact } from '../fact.ts';
import { addressSpaceLabel, type AbsentImage, type ImageFacts, type ImageSettings } from '../image-facts.ts';
import { readCacheFile, userCache, writeCacheFile } from './cache-folder.ts';
import { accountsFact, annotationsFact, placesFact, programFact } from '../facts-file.ts';
import { contentKey } from '../image/content-key.ts';
import { readImageContents, type ImageContents as LayerContents } from '../image/image-contents.ts';
import { imageLimits } from '../image/limits.ts';

export interface ImageGathering {
  /**
   * Folder in which the result is kept by the image's id and contents, for other processes. Default: none; this process
   * remembers the result.
   */
  readonly cacheDirectory?: string | undefined;
  /** Abort closes the transfer; nothing stays at the engine. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads an image without running it: its configuration, and from its layers its program and accounts. The layers are
 * read once for each image.
 *
 * @throws the errors of `engine.images.inspect`, except for an absent image
 */
export async function gatherImageFacts(
  engine: Engine,
  reference: string,
  options: ImageGathering = {},
): Promise<ImageFacts | AbsentImage> {
  checkGiven('gatherImageFacts', { engine, reference });
  checkGathering('gatherImageFacts', options);
  const { signal } = options;
  const image = await engine.images.inspect(reference, { signal }).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  });
  if (image === undefined) return { reference, absent: true };
  const { config } = image;
  const facts: ImageFacts = {
    reference,
    id: image.id,
    os: image.os,
    architecture: image.architecture,
    entrypoint: config.entrypoint,
    cmd: config.cmd,
    user: config.user,
    addressSpaceBytes: addressSpaceOf(config.labels),
    settings: settingsOf(config),
    ...(await contentsOf(engine, image, options)),
  };
  inspections.set(facts, image);
  return facts;
}

const inspections = new WeakMap<ImageFacts, InspectedImage>();

/** The engine's answer that these facts were read from, while they are the object that was gathered. */
export function inspectionOf(facts: ImageFacts): InspectedImage | undefined {
  return inspections.get(facts);
}

function settingsOf(config: InspectedImage['config']): ImageSettings {
  const names = config.env.map((entry) => entry.split('=', 1)[0] ?? '');
  return {
    volumes: config.volumes,
    workingDirectory: config.workingDirectory,
    stopSignal: config.stopSignal ?? '',
    exposedPorts: config.exposedPorts,
    variables: [...new Set(names)],
    valueless: config.env.filter((entry) => !entry.includes('=')),
  };
}

function addressSpaceOf(labels: Readonly<Record<string, string>>): number | undefined {
  const bytes = labels[addressSpaceLabel];
  return bytes !== undefined && /^\d{1,15}$/.test(bytes) ? Number(bytes) : undefined;
}

/** What is read once for each image. */
type ImageContents = LayerContents & Pick<ImageFacts, 'annotations'>;

/**
 * Contents by what identifies them, so that they never change, and by the socket of the engine that gave them: what one
 * engine says of an image is not believed of another's.
 */
const readAlready = new Map<string, ImageContents>();

async function contentsOf(
  engine: Engine,
  image: InspectedImage,
  { cacheDirectory, signal }: ImageGathering,
): Promise<ImageContents> {
  const key = contentKey(image);
  const place = [engine.socketPath, cacheDirectory ?? '', key].join('\n');
  const contents =
    readAlready.get(place) ??
    (cacheDirectory === undefined ? undefined : await readCached(cacheDirectory, key)) ??
    (await readContents(engine, image, signal));
  const { accounts, annotations } = contents;
  const isWhole = isKnown(accounts) && (annotations === undefined || isKnown(annotations));
  if (!isWhole) return contents; // another attempt may succeed
  if (cacheDirectory !== undefined && !readAlready.has(place))
    await writeCached(cacheDirectory, key, contents);
  readAlready.set(place, contents);
  const [earliest] = readAlready.keys();
  if (readAlready.size > imageLimits.rememberedImages.most && earliest !== undefined) {
    readAlready.delete(earliest);
  }
  return contents;
}

async function readContents(
  engine: Engine,
  image: InspectedImage,
  signal: AbortSignal | undefined,
): Promise<ImageContents> {
  const [contents, annotations] = await Promise.all([
    readImageContents(engine, image, { signal }),
    engine.kind === 'podman' ? annotationsOf(engine, image.id, signal) : undefined,
  ]);
  return { ...contents, ...(annotations !== undefined && { annotations }) };
}

const podmanImage = z.object({ Annotations: z.record(z.string(), z.unknown()).nullish() });

/** Reads the names of an image's annotations, which only the API of Podman's own tells. */
async function annotationsOf(
  engine: Engine,
  id: string,
  signal: AbortSignal | undefined,
): Promise<Fact<readonly string[]>> {
  const path = `/libpod/images/${encodeURIComponent(id.replace(/^sha256:/, ''))}/json`;
  try {
    const { body } = await engine.request({ method: 'GET', path, signal });
    const names = Object.keys(podmanImage.parse(body).Annotations ?? {});
    return known(names, `GET ${path}: Annotations`);
  } catch (error) {
    signal?.throwIfAborted();
    return unknown(`the annotations of the image could not be read: ${BulkheadError.from(error).message}`);
  }
}

/** Format of what is kept; raised when the reading of images changes. */
const cacheFormat = 2;

/**
 * A cached file. It holds too what identifies the contents, because whoever can write the folder could give one image the
 * file of another.
 */
const cachedSchema = z.strictObject({
  format: z.literal(cacheFormat),
  id: z.string(),
  accounts: accountsFact,
  program: programFact,
  places: placesFact.optional(),
  annotations: annotationsFact.optional(),
});

async function readCached(folder: string, id: string): Promise<ImageContents | undefined> {
  return parseCachedImage((await readCacheFile(folder, cacheFile(id))) ?? '', id);
}

/**
 * Reads a file of the cache; returns `undefined` for one that is damaged, of another version or about another image.
 */
export function parseCachedImage(text: string, id: string): ImageContents | undefined {
  try {
    const { id: cachedId, accounts, program, places, annotations } = cachedSchema.parse(JSON.parse(text));
    if (cachedId !== id) return undefined;
    return { accounts, program, ...(places && { places }), ...(annotations && { annotations }) };
  } catch {
    return undefined; // the image is then read and the file written anew
  }
}

async function writeCached(folder: string, id: string, contents: ImageContents): Promise<void> {
  await writeCacheFile(folder, cacheFile(id), JSON.stringify({ format: cacheFormat, id, ...contents }));
}

/** The name differs from those of earlier forms, which lack what is told of started programs, and are not read any more. */
function cacheFile(id: string): string {
  return `${id.replace(/[^a-z0-9]/gi, '-')}-with-started.json`;
}

/**
 * Returns this user's usual folder for {@link ImageGathering.cacheDirectory}; `undefined` for a user without a home.
 */
export function userImageCache(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  checkGiven('userImageCache', { environment });
  return userCache('images', environment);
}
