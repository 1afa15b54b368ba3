import { decodeFileCapabilities } from '../../program/file-capabilities.ts';
import { ByteReader } from './byte-reader.ts';
import { isWhiteout, LayerTree, type IndexedFile, type TreeCount } from './layer-tree.ts';
import { checkImageLimit, imageLimits } from './limits.ts';
import { pathInLayer } from './path-in-layer.ts';
import { ProgramScan } from './program-scan.ts';
import type { Slices } from './slices.ts';
import { tarEntries, type TarStreamEntry } from './tar-entries.ts';
import { packingBytes, packingOf, unpack, type UnpackBudget } from './unpack.ts';

/** The files of the image that are looked into. Paths have no leading slash. */
export interface Wanted {
  /** Files whose whole text is kept, if it does not exceed the limit `textBytes`. */
  readonly texts: readonly string[];
  /** Programs to look into: every path that ends with one of these names. */
  readonly programs: readonly string[];
  /** Further programs to look into, by their whole path, if they can be executed. */
  readonly started?: ReadonlySet<string> | undefined;
}

/** State that the layers of an image share while they are read. */
export interface LayerReading {
  readonly wanted: Wanted;
  readonly count: TreeCount;
  readonly budget: UnpackBudget;
  readonly slices: Slices;
  programs: number;
}

/** Returns `undefined` for a blob that is not a layer: OCI archives keep configurations beside the layers. */
export async function readLayer(
  body: AsyncIterable<Uint8Array>,
  reading: LayerReading,
): Promise<LayerTree | undefined> {
  const packed = new ByteReader(body);
  const start = await packed.peek(packingBytes);
  if (start[0] === 0x7b) return undefined; // `{`
  const packing = packingOf(start);
  const reader =
    packing === undefined
      ? packed
      : new ByteReader(unpack(packed.rest(), packing, reading.budget, reading.slices));
  const tree = new LayerTree(reading.count);
  try {
    for await (const entry of tarEntries(reader, reading.slices)) {
      reading.count.entry(entry.name, entry.linkName);
      const path = pathInLayer(entry.name);
      if (path === '' || entry.type === 'g') continue;
      if (isWhiteout(path)) tree.set(path, whiteout);
      else tree.set(path, entry.type === '1' ? hardLink(tree, entry) : await readFile(entry, path, reading));
    }
  } finally {
    reader.close();
  }
  return tree;
}

/** The file of a whiteout, which is recognised by its name. */
const whiteout: IndexedFile = { type: 'other', mode: 0, size: 0 };

/** Returns the file of a hard link, which an earlier entry of the same layer has. */
function hardLink(tree: LayerTree, { linkName, mode }: TarStreamEntry): IndexedFile {
  const target = pathInLayer(linkName);
  const file = tree.get(target);
  if (file === undefined) return { type: 'symlink', mode, size: 0, target: `/${target}` };
  return file.type === 'file' ? { ...file, linkedTo: file.linkedTo ?? target } : file;
}

const types: Readonly<Record<string, IndexedFile['type']>> = {
  '0': 'file',
  '7': 'file',
  '5': 'directory',
  '2': 'symlink',
};

async function readFile(entry: TarStreamEntry, path: string, reading: LayerReading): Promise<IndexedFile> {
  const type = types[entry.type] ?? 'other';
  const file: IndexedFile = {
    type,
    mode: entry.mode & 0o7777,
    size: entry.size,
    ...(type === 'symlink' && { target: entry.linkName }),
    ...(entry.capability && capabilitiesOf(entry.capability)),
  };
  if (type !== 'file') return file;
  const { wanted } = reading;
  if (wanted.texts.includes(path)) return { ...file, ...(await textOf(entry)) };
  const isProgram = wanted.programs.some((name) => path === name || path.endsWith(`/${name}`));
  const isStarted = (file.mode & 0o111) !== 0 && wanted.started?.has(path) === true;
  if (!isProgram && !isStarted) return file;
  reading.programs += 1;
  checkImageLimit('programs', reading.programs, `${reading.programs} files with the name of the program`);
  const scan = new ProgramScan();
  for await (const chunk of entry.body) {
    scan.push(chunk);
    await reading.slices.step(chunk.length >> 8);
  }
  return { ...file, program: scan.end() };
}

function capabilitiesOf(value: Uint8Array): Partial<IndexedFile> {
  const capabilities = decodeFileCapabilities(Buffer.from(value));
  return capabilities === undefined
    ? { unread: 'its file capabilities (security.capability) are malformed' }
    : { capabilities };
}

async function textOf(entry: TarStreamEntry): Promise<Partial<IndexedFile>> {
  const { most } = imageLimits.textBytes;
  if (entry.size > most)
    return { unread: `it has ${entry.size} bytes: at most ${most} are read (textBytes)` };
  return { text: await wholeText(entry) };
}

export async function wholeText({ body, size }: TarStreamEntry): Promise<string> {
  checkImageLimit('textBytes', size, `a text of ${size} bytes in the image archive`);
  const pieces: Uint8Array[] = [];
  for await (const chunk of body) pieces.push(Buffer.from(chunk));
  return Buffer.concat(pieces).toString('utf8');
}
