import {
  parsePaxRecords,
  parseTarHeader,
  tarBlockSize,
  type TarHeader,
} from '../../engine/codec/tar-header.ts';
import type { ByteReader } from './byte-reader.ts';

/** One entry of a tar, with what PAX records and GNU's long names say of it. */
export interface TarStreamEntry extends Pick<TarHeader, 'name' | 'mode' | 'size' | 'type' | 'linkName'> {
  /** Value of `security.capability`, if it has one. */
  readonly capability: Uint8Array | undefined;
  /** The bytes of the file, to be read before the next entry is taken; what is not read is skipped. */
  readonly body: AsyncGenerator<Uint8Array, void, undefined>;
}

/** A path or a set of records of this length is none. */
const longestExtension = 1 << 20;

/**
 * The entries of a tar, read forward.
 *
 * @throws {SyntaxError} for what is no tar, and one that is cut short
 */
export async function* tarEntries(reader: ByteReader): AsyncGenerator<TarStreamEntry, void, undefined> {
  let records = new Map<string, Uint8Array>();
  for (;;) {
    const block = await reader.read(tarBlockSize);
    if (block.length === 0) return; // some writers leave the two blocks of zeros out
    const header = parseTarHeader(block);
    if (header === undefined) {
      await drain(reader);
      return;
    }
    if (['x', 'L', 'K', 'g'].includes(header.type)) {
      records = new Map([...records, ...(await readExtension(reader, header))]);
      continue;
    }
    const size = Number(text(records.get('size')) ?? header.size);
    const body = new Body(reader, size);
    yield {
      name: text(records.get('path')) ?? header.name,
      linkName: text(records.get('linkpath')) ?? header.linkName,
      mode: header.mode,
      type: header.type,
      size,
      capability: records.get('SCHILY.xattr.security.capability'),
      body: body.bytes(),
    };
    await body.skipRest();
    records = new Map();
  }
}

async function readExtension(
  reader: ByteReader,
  { type, size }: TarHeader,
): Promise<Map<string, Uint8Array>> {
  if (size > longestExtension) throw new SyntaxError(`a tar header of ${size} bytes`);
  // Kept beyond the next read, so copied out of the stream's chunk.
  const bytes = Buffer.from(await reader.read(size));
  await reader.skip(padding(size));
  if (type === 'x') return parsePaxRecords(bytes);
  if (type === 'g') return new Map();
  const end = bytes.indexOf(0);
  return new Map([[type === 'L' ? 'path' : 'linkpath', end === -1 ? bytes : bytes.subarray(0, end)]]);
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

/** What follows the end has to be read too, or the sender would wait. */
async function drain(reader: ByteReader): Promise<void> {
  while ((await reader.some(Number.POSITIVE_INFINITY)) !== undefined);
}

function padding(size: number): number {
  return (tarBlockSize - (size % tarBlockSize)) % tarBlockSize;
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

function cutShort(): SyntaxError {
  return new SyntaxError('the tar is cut short');
}
