import {
  parseDecimal,
  parsePaxRecords,
  parseTarHeader,
  tarBlockSize,
  type TarHeader,
} from '../../engine/internal.ts';
import type { ByteReader } from './byte-reader.ts';
import { checkImageLimit } from './limits.ts';
import type { Slices } from './slices.ts';

/** One entry of a tar, with what PAX records and GNU's long names say about it. */
export interface TarStreamEntry extends Pick<TarHeader, 'name' | 'mode' | 'size' | 'type' | 'linkName'> {
  /** Value of `security.capability`, if it has one. */
  readonly capability: Uint8Array | undefined;
  /** The bytes of the file, which have to be read before the next entry is taken; unread bytes are skipped. */
  readonly body: AsyncGenerator<Uint8Array, void, undefined>;
}

/** What headers say about the entry that follows them. */
interface Extensions {
  readonly records: ReadonlyMap<string, Uint8Array>;
  readonly longName?: string | undefined;
  readonly longLinkName?: string | undefined;
}

const noExtensions: Extensions = { records: new Map() };
const capabilityKey = 'SCHILY.xattr.security.capability';

/**
 * Yields the entries of a tar, read forward, as Go's archive/tar understands them. Engines are written in Go, and an
 * entry that meant something else here would make a verdict about another image than the one that runs.
 *
 * @throws {SyntaxError} for bytes that are not a tar, for a tar that is cut short, and for one that exceeds a limit
 */
export async function* tarEntries(
  reader: ByteReader,
  slices: Slices,
): AsyncGenerator<TarStreamEntry, void, undefined> {
  let extensions = noExtensions;
  for (let headers = 0; ;) {
    await slices.step();
    const block = await reader.read(tarBlockSize);
    if (block.length === 0) return; // some writers leave the two blocks of zeros out
    const header = parseTarHeader(block);
    if (header === undefined) {
      await drain(reader, slices);
      return;
    }
    if (['x', 'L', 'K', 'g'].includes(header.type)) {
      headers += 1;
      checkImageLimit('extensionHeaders', headers, `${headers} headers before one file of a tar`);
      extensions = await readExtension(reader, header, extensions);
      continue;
    }
    const entry = { ...header, ...said(header, extensions) };
    const body = new Body(reader, entry.size);
    yield {
      name: entry.name,
      linkName: entry.linkName,
      mode: entry.mode,
      type: entry.type,
      size: entry.size,
      capability: extensions.records.get(capabilityKey),
      body: body.bytes(),
    };
    await body.skipRest();
    extensions = noExtensions;
    headers = 0;
  }
}

/** Combines an entry's header with its extensions. */
function said(
  header: TarHeader,
  { records, longName, longLinkName }: Extensions,
): Pick<TarHeader, 'name' | 'linkName' | 'size' | 'type'> {
  if (header.type === 'S' || [...records.keys()].some((key) => key.startsWith('GNU.sparse.'))) {
    throw new SyntaxError('a tar with files that have holes (GNU sparse), which are not read');
  }
  const name = longName ?? path(records, 'path') ?? header.name;
  // A header older than POSIX has no type: a folder is recognised by its slash.
  const type = header.hasNoType && name.endsWith('/') ? '5' : header.type;
  return {
    name,
    linkName: longLinkName ?? path(records, 'linkpath') ?? header.linkName,
    type,
    size: hasNoContent(header.type) ? 0 : sizeOf(records, header.size),
  };
}

/**
 * Whether entries of a type have no content: links, devices, folders and pipes have none, whatever size their header
 * gives.
 */
function hasNoContent(type: string): boolean {
  return type >= '1' && type <= '6' && type.length === 1;
}

function sizeOf(records: Extensions['records'], size: number): number {
  const value = records.get('size');
  if (value === undefined || value.length === 0) return size;
  const parsed = parseDecimal(text(value));
  if (parsed === undefined) throw new SyntaxError('a PAX record whose size is not a whole number');
  return parsed;
}

function path(records: Extensions['records'], key: string): string | undefined {
  const value = records.get(key);
  if (value === undefined || value.length === 0) return undefined;
  if (value.includes(0)) throw new SyntaxError(`a PAX record whose ${key} has a zero byte`);
  return text(value);
}

/**
 * Reads an extension. A set of PAX records replaces the one before it; the records of a global header apply to no file.
 */
async function readExtension(
  reader: ByteReader,
  { type, size }: TarHeader,
  before: Extensions,
): Promise<Extensions> {
  checkImageLimit('extensionBytes', size, `a tar header of ${size} bytes`);
  // Kept beyond the next read, and therefore copied from the stream's chunk.
  const bytes = Buffer.from(await reader.read(size));
  if (bytes.length < size || !(await reader.skip(padding(size)))) throw cutShort();
  if (type === 'g') return noExtensions;
  if (type === 'x') return { ...before, records: parsePaxRecords(bytes) };
  const end = bytes.indexOf(0);
  const name = text(end === -1 ? bytes : bytes.subarray(0, end));
  return name === '' ? before : { ...before, [type === 'L' ? 'longName' : 'longLinkName']: name };
}

class Body {
  readonly #reader: ByteReader;
  readonly #size: number;
  #left: number;

  constructor(reader: ByteReader, size: number) {
    this.#reader = reader;
    this.#size = size;
    this.#left = size;
  }

  async *bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#left > 0) {
      const piece = await this.#reader.some(this.#left);
      if (piece === undefined) throw cutShort();
      this.#left -= piece.length;
      yield piece;
    }
  }

  async skipRest(): Promise<void> {
    if (!(await this.#reader.skip(this.#left + padding(this.#size)))) throw cutShort();
    this.#left = 0;
  }
}

/** Reads what follows the end, because the sender would wait otherwise. */
async function drain(reader: ByteReader, slices: Slices): Promise<void> {
  while ((await reader.some(Number.POSITIVE_INFINITY)) !== undefined) await slices.step();
}

function padding(size: number): number {
  return (tarBlockSize - (size % tarBlockSize)) % tarBlockSize;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function cutShort(): SyntaxError {
  return new SyntaxError('the tar is cut short');
}
