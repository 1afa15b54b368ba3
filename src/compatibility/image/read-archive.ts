import { posix } from 'node:path';
import { z } from 'zod';
import { orAborted } from '../../abort.ts';
import { ByteReader } from './byte-reader.ts';
import { ImageIndex } from './image-index.ts';
import { readLayer, wholeText, type LayerReading, type Wanted } from './layer.ts';
import { TreeCount, type LayerTree } from './layer-tree.ts';
import { checkImageLimit } from './limits.ts';
import { Slices } from './slices.ts';
import { tarEntries } from './tar-entries.ts';
import { UnpackBudget } from './unpack.ts';

export type { Wanted } from './layer.ts';

const manifestSchema = z.array(z.object({ Layers: z.array(z.string()).nullish() })).min(1);

/** The contents of an archive, in the order of the archive. */
interface ArchiveContents {
  readonly layers: ReadonlyMap<string, LayerTree>;
  /** Links between layers: Docker writes a layer that two images share as a link. */
  readonly links: ReadonlyMap<string, string>;
  readonly manifest: string | undefined;
}

/**
 * Reads a docker-archive, as `images.save` returns it, forward and once: all names, and the files that were wanted.
 * Nothing else is kept. Other work of this process gets its turn in between, whatever the archive is made of.
 *
 * @throws {SyntaxError} when the archive is invalid or exceeds a limit; the errors of the stream; the signal's
 *   reason, at once
 */
export async function readImageArchive(
  archive: AsyncIterable<Uint8Array>,
  wanted: Wanted,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<ImageIndex> {
  const slices = new Slices(signal);
  const reading: LayerReading = {
    wanted,
    count: new TreeCount(),
    budget: new UnpackBudget(),
    slices,
    programs: 0,
  };
  const reader = new ByteReader(untilAborted(archive, reading.budget, signal));
  try {
    const contents = await readContents(reader, reading);
    return await ImageIndex.of(inOrder(contents), slices);
  } finally {
    reader.close();
  }
}

async function readContents(reader: ByteReader, reading: LayerReading): Promise<ArchiveContents> {
  const layers = new Map<string, LayerTree>();
  const links = new Map<string, string>();
  let manifest: string | undefined;
  let entries = 0;
  for await (const entry of tarEntries(reader, reading.slices)) {
    entries += 1;
    checkImageLimit('archiveEntries', entries, `${entries} files in the image archive`);
    if (entry.name === 'manifest.json') manifest = await wholeText(entry);
    else if (entry.type === '2') links.set(entry.name, posix.join(posix.dirname(entry.name), entry.linkName));
    else if (entry.type === '0' && (entry.name.endsWith('.tar') || entry.name.startsWith('blobs/'))) {
      const layer = await readLayer(entry.body, reading);
      if (layer !== undefined) layers.set(entry.name, layer);
    }
  }
  return { layers, links, manifest };
}

function inOrder({ manifest, layers, links }: ArchiveContents): LayerTree[] {
  if (manifest === undefined) throw new SyntaxError('the image archive has no manifest.json');
  const parsed = manifestSchema.safeParse(JSON.parse(manifest));
  if (!parsed.success) throw new SyntaxError('the manifest.json of the image archive is malformed');
  const names = parsed.data[0]?.Layers ?? [];
  checkImageLimit('layers', names.length, `${names.length} layers`);
  return names.map((name) => {
    const layer = layers.get(name) ?? layers.get(links.get(name) ?? '');
    if (layer === undefined) throw new SyntaxError(`the image archive has no layer ${name}`);
    return layer;
  });
}

/** Yields the bytes and counts them. An abort does not wait for a sender that is silent. */
async function* untilAborted(
  archive: AsyncIterable<Uint8Array>,
  budget: UnpackBudget,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = archive[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await orAborted(source.next(), signal);
      if (next.done === true) return;
      budget.addPlain(next.value.length);
      yield next.value;
    }
  } finally {
    source.return?.(undefined).catch(() => undefined);
  }
}
