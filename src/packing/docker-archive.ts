import { createHash } from 'node:crypto';
import { InvalidOptionError } from '../errors.ts';
import { hostArchitecture } from '../program/architecture.ts';
import { ImageChangedError } from './errors.ts';
import { arrangeFiles, type ImageFile } from './image-files.ts';
import { checkImageTag } from './image-reference.ts';
import { layerBytes, planLayer, type LayerPlan } from './layer.ts';
import { checkArchiveOptions } from './pack-options.ts';
import { tarBytes } from './tar-bytes.ts';

/** Label that carries {@link PackedImage.contentHash}, so that an image which is already loaded can be recognised. */
export const contentLabel = 'io.bulkhead.content';

/** How a container of the image starts. */
export interface ImageConfig {
  /** A name of the image's /etc/passwd, or numbers such as `65532:65532`. Default: root. */
  readonly user?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly workingDirectory?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface WriteImageArchiveOptions extends ImageConfig {
  /** Full reference such as `localhost/my-plugin:1.0`. */
  readonly tag: string;
  readonly files: readonly ImageFile[];
  readonly entrypoint: readonly string[];
  readonly cmd?: readonly string[] | undefined;
  /** Architecture as image configurations name it: `amd64`, `arm64`. Default: that of this machine. */
  readonly architecture?: string | undefined;
  /** Time of the image and all its files; default 1970-01-01, so that the same content makes the same image. */
  readonly createdAt?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An image that can be written. Each iteration yields the bytes of an uncompressed docker-archive. */
export interface PackedImage extends AsyncIterable<Uint8Array> {
  readonly tag: string;
  readonly architecture: string;
  /** `sha256:` and the hash of the image's configuration: the image's id on Podman and in Docker's classic store. */
  readonly imageId: string;
  /**
   * `sha256:` and the hash of the only layer. Every engine reports the same, even if it makes image ids in another way.
   */
  readonly diffId: string;
  /** Hash of everything that makes the image, without its tag; the value of its label `io.bulkhead.content`. */
  readonly contentHash: string;
}

/**
 * Makes an image of one layer from files, without an engine and without a registry.
 *
 * The files are read twice, here to learn the hashes and when the archive is iterated; they are never held in memory.
 * The same input gives the same image. Docker 20.10 and later and Podman 4 and later load it (`POST /images/load`).
 * An abort ends this call or the iteration with the signal's reason; open files are closed.
 *
 * ```ts
 * const archive = await writeImageArchive({ tag: 'localhost/hello:1', files, entrypoint: ['/hello'] });
 * await engine.images.load(archive);
 * ```
 *
 * @throws {InvalidOptionError} naming what is wrong: tag, files, environment, labels
 * @throws {ImageFileError} a file is missing, unreadable or not a regular file
 * @throws {ImageChangedError} from the iteration: a file is no longer what was measured
 */
export async function writeImageArchive(options: WriteImageArchiveOptions): Promise<PackedImage> {
  checkArchiveOptions(options);
  const { tag, architecture = hostArchitecture(), createdAt = new Date(0), signal } = options;
  checkImageTag(tag);
  checkConfig(options);
  signal?.throwIfAborted();
  const plan = await planLayer(arrangeFiles(options.files), { createdAt, signal });
  const layer = await measure(layerBytes(plan));

  const unlabelled = imageConfig(options, { architecture, createdAt, diffId: layer.diffId });
  const contentHash = sha256(JSON.stringify(unlabelled));
  const labels = { ...options.labels, [contentLabel]: contentHash };
  const config = JSON.stringify(
    imageConfig({ ...options, labels }, { architecture, createdAt, diffId: layer.diffId }),
  );
  const configHash = sha256(config);
  return {
    tag,
    architecture,
    imageId: `sha256:${configHash}`,
    diffId: layer.diffId,
    contentHash,
    [Symbol.asyncIterator]: () => archiveBytes({ tag, config, configHash, createdAt, plan, layer }),
  };
}

interface MeasuredLayer {
  readonly diffId: string;
  readonly size: number;
}

async function measure(bytes: AsyncIterable<Uint8Array>): Promise<MeasuredLayer> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  return { diffId: `sha256:${hash.digest('hex')}`, size };
}

interface ArchiveParts {
  readonly tag: string;
  readonly config: string;
  readonly configHash: string;
  readonly createdAt: Date;
  readonly plan: LayerPlan;
  readonly layer: MeasuredLayer;
}

function archiveBytes({
  tag,
  config,
  configHash,
  createdAt,
  plan,
  layer,
}: ArchiveParts): AsyncGenerator<Uint8Array> {
  const manifest = [{ Config: `${configHash}.json`, RepoTags: [tag], Layers: ['layer.tar'] }];
  const header = (name: string, size: number) => ({
    name,
    size,
    type: 'file' as const,
    mode: 0o644,
    mtime: createdAt,
  });
  const whole = (name: string, text: string) => {
    const content = Buffer.from(text);
    return { header: header(name, content.byteLength), content };
  };
  return tarBytes([
    whole(`${configHash}.json`, config),
    whole('manifest.json', JSON.stringify(manifest)),
    { header: header('layer.tar', layer.size), content: verified(layerBytes(plan), layer.diffId) },
  ]);
}

/**
 * Passes the bytes on and compares their hash, since a file may change without changing its size. The engine would
 * notice too, but could not say which side is at fault.
 */
async function* verified(bytes: AsyncIterable<Uint8Array>, diffId: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
  if (`sha256:${hash.digest('hex')}` !== diffId)
    throw new ImageChangedError('a file has other content than before');
}

/** The fields of the image configuration, in Docker's spelling (image-spec v1.2). Their order is part of the id. */
function imageConfig(
  options: WriteImageArchiveOptions,
  made: { architecture: string; createdAt: Date; diffId: string },
): object {
  const created = made.createdAt.toISOString();
  return {
    architecture: made.architecture,
    os: 'linux',
    created,
    config: {
      User: options.user ?? '',
      Env: sortedEntries(options.env).map(([name, value]) => `${name}=${value}`),
      Entrypoint: options.entrypoint,
      Cmd: options.cmd ?? [],
      WorkingDir: options.workingDirectory ?? '/',
      Labels: Object.fromEntries(sortedEntries(options.labels)),
    },
    rootfs: { type: 'layers', diff_ids: [made.diffId] },
    history: [{ created, created_by: 'bulkhead' }],
  };
}

function sortedEntries(record: Readonly<Record<string, string>> = {}): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

function checkConfig(options: WriteImageArchiveOptions): void {
  if (options.entrypoint.length === 0 || options.entrypoint[0] === '') {
    throw new InvalidOptionError('entrypoint', 'names no program to start');
  }
  for (const name of Object.keys(options.env ?? {})) {
    if (name === '' || /[=\0]/.test(name)) {
      throw new InvalidOptionError('env', `${JSON.stringify(name)} is not the name of a variable`);
    }
  }
  if (options.workingDirectory !== undefined && !options.workingDirectory.startsWith('/')) {
    throw new InvalidOptionError(
      'workingDirectory',
      `${JSON.stringify(options.workingDirectory)} is not an absolute path`,
    );
  }
  if (contentLabel in (options.labels ?? {})) {
    throw new InvalidOptionError('labels', `${contentLabel} is set by Bulkhead and can't be given`);
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
