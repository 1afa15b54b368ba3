import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { z } from 'zod';
import { decodeFileCapabilities } from '../../program/file-capabilities.ts';
import { ByteReader } from './byte-reader.ts';
import { ImageIndex, isWhiteout, type IndexedFile, type LayerIndex } from './image-index.ts';
import { ProgramScan } from './program-scan.ts';
import { tarEntries, type TarStreamEntry } from './tar-entries.ts';

/** Which files of the image are looked into. Paths have no leading slash. */
export interface Wanted {
  /** Files whose whole text is kept, if it is not longer than 1 MiB. */
  readonly texts: readonly string[];
  /** Programs to look into: every path with one of these names at its end. */
  readonly programs: readonly string[];
}

const longestText = 1 << 20;
/** More files than the largest images have; a bound keeps a hostile archive from taking all memory. */
const mostFiles = 2_000_000;

const manifestSchema = z.array(z.object({ Layers: z.array(z.string()).nullish() })).min(1);

/**
 * Reads a docker-archive, as `images.save` gives it, forward and once: all names, and what was wanted. Nothing else is
 * kept.
 *
 * @throws {SyntaxError} when it is not what it should be; the errors of the stream
 */
export async function readImageArchive(
  archive: AsyncIterable<Uint8Array>,
  wanted: Wanted,
): Promise<ImageIndex> {
  const layers = new Map<string, LayerIndex>();
  const links = new Map<string, string>();
  let manifest: string | undefined;
  const reader = new ByteReader(archive);
  try {
    for await (const entry of tarEntries(reader)) {
      if (entry.name === 'manifest.json') manifest = await wholeText(entry);
      else if (entry.type === '2')
        links.set(entry.name, posix.join(posix.dirname(entry.name), entry.linkName));
      else if (entry.type === '0' && (entry.name.endsWith('.tar') || entry.name.startsWith('blobs/'))) {
        const layer = await readLayer(entry.body, wanted);
        if (layer !== undefined) layers.set(entry.name, layer);
      }
    }
  } finally {
    await reader.close();
  }
  return new ImageIndex(inOrder(manifest, layers, links));
}

function inOrder(
  manifest: string | undefined,
  layers: ReadonlyMap<string, LayerIndex>,
  links: ReadonlyMap<string, string>,
): LayerIndex[] {
  if (manifest === undefined) throw new SyntaxError('the image archive has no manifest.json');
  const names = manifestSchema.parse(JSON.parse(manifest))[0]?.Layers ?? [];
  return names.map((name) => {
    const layer = layers.get(name) ?? layers.get(links.get(name) ?? '');
    if (layer === undefined) throw new SyntaxError(`the image archive has no layer ${name}`);
    return layer;
  });
}

/** `undefined` for a blob that is no layer: OCI archives keep configurations beside them. */
async function readLayer(body: AsyncIterable<Uint8Array>, wanted: Wanted): Promise<LayerIndex | undefined> {
  const packed = new ByteReader(body);
  const start = await packed.peek(4);
  if (start[0] === 0x7b) return undefined; // `{`
  const reader = decompressed(packed, start);
  const index: LayerIndex = new Map();
  for await (const entry of tarEntries(reader)) {
    const path = posix.normalize(entry.name).replace(/^[/.]*\/|\/$/g, '');
    if (path === '' || path === '.') continue;
    if (index.size >= mostFiles) throw new SyntaxError(`a layer with more than ${mostFiles} files`);
    if (entry.type === '1') index.set(path, hardLink(index, entry));
    else index.set(path, isWhiteout(path) ? null : await readFile(entry, path, wanted));
  }
  return index;
}

/** A hard link is the file that an earlier entry of the same layer has. */
function hardLink(index: LayerIndex, { linkName, mode }: TarStreamEntry): IndexedFile {
  const target = posix.normalize(linkName).replace(/^[/.]*\//, '');
  return index.get(target) ?? { type: 'symlink', mode, size: 0, target: `/${target}` };
}

const types: Readonly<Record<string, IndexedFile['type']>> = {
  '0': 'file',
  '7': 'file',
  '5': 'directory',
  '2': 'symlink',
};

async function readFile(entry: TarStreamEntry, path: string, wanted: Wanted): Promise<IndexedFile> {
  const type = types[entry.type] ?? 'other';
  const file: IndexedFile = {
    type,
    mode: entry.mode & 0o7777,
    size: entry.size,
    ...(type === 'symlink' && { target: entry.linkName }),
    ...(entry.capability && { capabilities: decodeFileCapabilities(Buffer.from(entry.capability)) }),
  };
  if (type !== 'file') return file;
  if (wanted.texts.includes(path) && entry.size <= longestText)
    return { ...file, text: await wholeText(entry) };
  if (!wanted.programs.some((name) => path === name || path.endsWith(`/${name}`))) return file;
  const scan = new ProgramScan();
  for await (const chunk of entry.body) scan.push(chunk);
  return { ...file, program: scan.end() };
}

async function wholeText({ body, size }: TarStreamEntry): Promise<string> {
  if (size > longestText) throw new SyntaxError(`a text of ${size} bytes in the image archive`);
  const pieces: Uint8Array[] = [];
  for await (const chunk of body) pieces.push(Buffer.from(chunk));
  return Buffer.concat(pieces).toString('utf8');
}

/** Docker's containerd store keeps layers as they came from a registry: packed with gzip or zstd. */
function decompressed(packed: ByteReader, start: Uint8Array): ByteReader {
  if (start[0] === 0x1f && start[1] === 0x8b) return through(packed, zlib.createGunzip());
  const isZstd = start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd;
  if (!isZstd) return packed;
  // Node.js has it from 22.15 on.
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => zlib.Gunzip };
  if (createZstdDecompress === undefined) {
    throw new SyntaxError('a layer is packed with zstd, which this Node.js can not read');
  }
  return through(packed, createZstdDecompress());
}

function through(packed: ByteReader, decompressor: zlib.Gunzip): ByteReader {
  pipeline(Readable.from(packed.rest(), { objectMode: false }), decompressor).catch((error: unknown) =>
    decompressor.destroy(error as Error),
  );
  return new ByteReader(decompressor);
}
