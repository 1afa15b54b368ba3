/** Images with a configuration of a test's own, as a docker-archive: settings that no option of packing makes. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import tar, { type Headers } from 'tar-stream';
import { writeImageArchive, type WriteImageArchiveOptions } from '../../src/packing/index.ts';

/** An entry of a layer that is added on top of the image, in the order of the list. */
export type LayerEntry = Headers & { readonly content?: string | Uint8Array };

export interface ConfiguredImage extends Omit<WriteImageArchiveOptions, 'entrypoint'> {
  readonly entrypoint?: readonly string[];
  /** Fields of the image's `config`, in Docker's spelling; they take the place of those that packing writes. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Further layers, lowest first. */
  readonly layers?: readonly (readonly LayerEntry[])[];
}

/** Writes the archive of such an image. */
export async function configuredImage(options: ConfiguredImage): Promise<Buffer> {
  const { config = {}, layers = [], entrypoint = ['/plugin'], ...packed } = options;
  const archive = await buffer(await writeImageArchive({ entrypoint, ...packed }));
  const files = await entriesOf(archive);
  const name = [...files.keys()].find((path) => path !== 'manifest.json' && path.endsWith('.json')) ?? '';
  const image = JSON.parse(String(files.get(name))) as {
    config: Record<string, unknown>;
    rootfs: { diff_ids: string[] };
    history: object[];
  };
  image.config = { ...image.config, ...config }; // what is undefined is left out of the JSON
  const further = await Promise.all(layers.map(layerOf));
  image.rootfs.diff_ids.push(...further.map((layer) => `sha256:${hash(layer)}`));
  image.history.push(...further.map(() => ({ created: new Date(0).toISOString(), created_by: 'a test' })));
  const text = JSON.stringify(image);
  const names = further.map((_, index) => `further-${index}.tar`);
  const manifest = [
    { Config: `${hash(text)}.json`, RepoTags: [options.tag], Layers: ['layer.tar', ...names] },
  ];
  return layerOf([
    { name: `${hash(text)}.json`, content: text },
    { name: 'manifest.json', content: JSON.stringify(manifest) },
    { name: 'layer.tar', content: files.get('layer.tar') ?? '' },
    ...further.map((content, index) => ({ name: names[index] ?? '', content })),
  ]);
}

async function layerOf(entries: readonly LayerEntry[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const { content = '', ...header } of entries)
    pack.entry({ mtime: new Date(0), ...header }, Buffer.from(content));
  pack.finalize();
  return buffer(pack);
}

async function entriesOf(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const extract = tar.extract();
  extract.end(archive);
  for await (const entry of extract) files.set(entry.header.name, await buffer(entry));
  return files;
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
