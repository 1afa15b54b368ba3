/** Images as registries and builders make them today: an index, with a manifest for each platform, and attestations. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import tar from 'tar-stream';

export interface Variant {
  readonly config: Readonly<Record<string, unknown>>;
  readonly layers: readonly Buffer[];
  readonly platform?: { readonly os: string; readonly architecture: string } | undefined;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Lists the manifest, and leaves what it consists of out of the archive. */
  readonly absent?: boolean;
}

export interface OciArchive {
  readonly bytes: Buffer;
  readonly index: string;
  /** Digests of each variant, in the order of the index. */
  readonly variants: readonly { readonly manifest: string; readonly configuration: string }[];
}

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
};

/**
 * An archive with one index of these variants, which has this name. With `saved` it is as Docker saves it from containerd's
 * store: a manifest.json names the variant for the engine's platform.
 */
export async function ociArchive(
  tag: string,
  variants: readonly Variant[],
  { saved }: { readonly saved?: number } = {},
): Promise<OciArchive> {
  const blobs = new Map<string, Buffer>();
  const put = (bytes: Buffer, keep = true) => {
    if (keep) blobs.set(digestOf(bytes), bytes);
    return { digest: digestOf(bytes), size: bytes.length };
  };
  const listed = variants.map(({ config, layers, platform, annotations, absent = false }) => {
    const configuration = put(json(config), !absent);
    const manifest = put(
      json({
        schemaVersion: 2,
        mediaType: types.manifest,
        config: { mediaType: types.config, ...configuration },
        layers: layers.map((layer) => ({ mediaType: types.layer, ...put(layer, !absent) })),
      }),
      !absent,
    );
    return { configuration, descriptor: { mediaType: types.manifest, ...manifest, platform, annotations } };
  });
  const index = put(
    json({
      schemaVersion: 2,
      mediaType: types.index,
      manifests: listed.map(({ descriptor }) => descriptor),
    }),
  );
  const archive = tar.pack();
  archive.entry({ name: 'oci-layout' }, '{"imageLayoutVersion":"1.0.0"}');
  const named = { 'io.containerd.image.name': tag, 'org.opencontainers.image.ref.name': '1' };
  archive.entry(
    { name: 'index.json' },
    json({ schemaVersion: 2, manifests: [{ mediaType: types.index, ...index, annotations: named }] }),
  );
  for (const [digest, bytes] of blobs)
    archive.entry({ name: `blobs/sha256/${digest.slice('sha256:'.length)}` }, bytes);
  const chosen = saved === undefined ? undefined : listed[saved];
  if (chosen !== undefined) {
    const Config = `blobs/sha256/${chosen.configuration.digest.slice('sha256:'.length)}`;
    archive.entry({ name: 'manifest.json' }, json([{ Config, RepoTags: [tag], Layers: [] }]));
  }
  archive.finalize();
  return {
    bytes: await buffer(archive),
    index: index.digest,
    variants: listed.map(({ descriptor, configuration }) => ({
      manifest: descriptor.digest,
      configuration: configuration.digest,
    })),
  };
}

/** The variant that a docker-archive with one image has. */
export async function variantOf(dockerArchive: AsyncIterable<Uint8Array>): Promise<Variant> {
  const files = new Map<string, Buffer>();
  const extract = Readable.from(dockerArchive, { objectMode: false }).pipe(tar.extract());
  for await (const entry of extract) files.set(entry.header.name, await buffer(entry));
  const text = (name: string): unknown => JSON.parse(files.get(name)?.toString() ?? '');
  const [first] = text('manifest.json') as { Config: string; Layers: string[] }[];
  if (first === undefined) throw new Error('the archive has no image');
  const config = text(first.Config) as { os: string; architecture: string };
  const { os, architecture } = config;
  return {
    config,
    layers: first.Layers.map((name) => files.get(name) ?? Buffer.alloc(0)),
    platform: { os, architecture },
  };
}

/** The same for another platform, with other contents. */
export async function elsewhere(
  { config }: Variant,
  architecture: string,
  files: Readonly<Record<string, string>>,
): Promise<Variant> {
  return {
    ...(await withLayer({ ...config, architecture }, files)),
    platform: { os: 'linux', architecture },
  };
}

/** How a builder says where an image comes from: a manifest for no platform. */
export async function attestation(of: string): Promise<Variant> {
  const nowhere = { os: 'unknown', architecture: 'unknown' };
  return {
    ...(await withLayer(
      { ...nowhere, config: {} },
      { statement: '{"_type":"https://in-toto.io/Statement/v1"}' },
    )),
    platform: nowhere,
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': of },
  };
}

/** A variant with one layer of these files. */
export async function withLayer(config: object, files: Readonly<Record<string, string>>): Promise<Variant> {
  const layer = tar.pack();
  for (const [name, content] of Object.entries(files)) layer.entry({ name, mode: 0o755 }, content);
  layer.finalize();
  const bytes = await buffer(layer);
  return { config: { ...config, rootfs: { type: 'layers', diff_ids: [digestOf(bytes)] } }, layers: [bytes] };
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
