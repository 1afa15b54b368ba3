/**
 * Unpacks zstd frame by frame (RFC 8878). A layer may have any number of frames: parallel writers make one for each
 * piece, and zstd:chunked one for each file. Some versions of Node.js end after the first frame and say nothing, so the
 * end of each frame is found here, and each decompressor gets exactly one.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { ByteReader } from './byte-reader.ts';
import { checkImageLimit } from './limits.ts';
import type { Slices } from './slices.ts';

/** What Node.js has from 22.15 on. */
interface ZstdOfNode {
  createZstdDecompress(options: { chunkSize: number }): zlib.Gunzip;
  zstdDecompressSync(bytes: Uint8Array, options: { chunkSize: number; maxOutputLength: number }): Uint8Array;
}

const chunkSize = 64 * 1024;
const largestBlock = 128 * 1024;

/** Blocks of a frame that is unpacked at once. Such frames have up to 2 MiB, and there may be one for each file. */
const blocksAtOnce = 16;

/** Whether bytes with this beginning are a zstd frame, or one that carries something else and is skipped. */
export function isZstd(start: Uint8Array): boolean {
  return isFrame(start) || isSkippable(start);
}

function isFrame(magic: Uint8Array): boolean {
  return magic[0] === 0x28 && magic[1] === 0xb5 && magic[2] === 0x2f && magic[3] === 0xfd;
}

function isSkippable(magic: Uint8Array): boolean {
  return ((magic[0] ?? 0) & 0xf0) === 0x50 && magic[1] === 0x2a && magic[2] === 0x4d && magic[3] === 0x18;
}

/**
 * Unpacks every frame, and skips those that carry something else. Zstandard has no padding, so other bytes between
 * frames or after them are an error.
 *
 * @throws {SyntaxError} for bytes that are no zstd, and on versions of Node.js without zstd
 */
export async function* unpackZstd(
  packed: AsyncIterable<Uint8Array>,
  slices?: Slices,
): AsyncGenerator<Uint8Array, void, undefined> {
  const node = zstdOfNode();
  const reader = new ByteReader(packed);
  try {
    for (;;) {
      await slices?.step(blocksAtOnce);
      const magic = await reader.read(4);
      if (magic.length === 0) return;
      if (isFrame(magic)) yield* unpackFrame(reader, Buffer.from(magic), node);
      else if (isSkippable(magic)) await skipFrame(reader);
      else throw new SyntaxError('a layer has bytes after a zstd frame that are no other frame');
    }
  } finally {
    reader.close();
  }
}

function zstdOfNode(): ZstdOfNode {
  const node = zlib as Partial<ZstdOfNode>;
  if (node.createZstdDecompress !== undefined && node.zstdDecompressSync !== undefined) {
    return node as ZstdOfNode;
  }
  throw new SyntaxError(
    `a layer is packed with zstd, which this version of Node.js can't read (${process.version}): run Bulkhead with Node.js 22.15 or later, or give the engine the image with layers that are packed with gzip`,
  );
}

async function skipFrame(reader: ByteReader): Promise<void> {
  const size = Buffer.from(await exactly(reader, 4)).readUInt32LE();
  if (!(await reader.skip(size))) throw cutShort();
}

async function* unpackFrame(
  reader: ByteReader,
  magic: Uint8Array,
  node: ZstdOfNode,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { bytes, checksumBytes } = await readFrameHeader(reader);
  const pieces: Uint8Array[] = [magic, bytes];
  for (let blocks = 1; blocks <= blocksAtOnce; blocks += 1) {
    const block = await readBlock(reader);
    pieces.push(block.bytes);
    if (!block.isLast) continue;
    if (checksumBytes > 0) pieces.push(await exactly(reader, checksumBytes));
    yield node.zstdDecompressSync(Buffer.concat(pieces), {
      chunkSize,
      maxOutputLength: blocks * largestBlock,
    });
    return;
  }
  yield* unpackAsStream(restOfFrame(reader, pieces, checksumBytes), node);
}

async function* restOfFrame(
  reader: ByteReader,
  pieces: Uint8Array[],
  checksumBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.concat(pieces);
  for (let isLast = false; !isLast;) {
    const block = await readBlock(reader);
    isLast = block.isLast;
    yield block.bytes;
  }
  if (checksumBytes > 0) yield await exactly(reader, checksumBytes);
}

async function* unpackAsStream(
  frame: AsyncIterable<Uint8Array>,
  node: ZstdOfNode,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decompressor = node.createZstdDecompress({ chunkSize });
  const written = pipeline(Readable.from(frame, { objectMode: false }), decompressor);
  written.catch((error: unknown) => decompressor.destroy(error as Error));
  try {
    for await (const piece of decompressor as AsyncIterable<Uint8Array>) yield piece;
    await written; // the next frame begins where this one was read to
  } finally {
    decompressor.destroy();
  }
}

interface FrameHeader {
  readonly bytes: Uint8Array;
  readonly checksumBytes: number;
}

async function readFrameHeader(reader: ByteReader): Promise<FrameHeader> {
  const start = await exactly(reader, 1);
  const descriptor = start[0] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const rest = await exactly(reader, windowBytes + dictionaryBytes + sizeBytes);
  const dictionary = rest.subarray(windowBytes, windowBytes + dictionaryBytes);
  if (dictionary.some((byte) => byte !== 0)) {
    throw new SyntaxError('a layer is packed with zstd and a dictionary, which is not in the image');
  }
  const size = rest.subarray(windowBytes + dictionaryBytes);
  const window = isSingleSegment ? contentSize(size) : windowSize(rest[0] ?? 0);
  checkImageLimit('zstdWindowBytes', window, `a layer packed with zstd and a window of ${window} bytes`);
  return { bytes: Buffer.concat([start, rest]), checksumBytes: (descriptor & 4) === 0 ? 0 : 4 };
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(bytes: Uint8Array): number {
  const size = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
  return bytes.length === 2 ? size + 256 : size;
}

/** Reads a block with its header. Its bytes are copied, because they are kept beyond the next read. */
async function readBlock(
  reader: ByteReader,
): Promise<{ readonly bytes: Uint8Array; readonly isLast: boolean }> {
  const header = Buffer.from(await exactly(reader, 3));
  const word = header.readUIntLE(0, 3);
  const type = (word >> 1) & 3;
  const size = word >> 3;
  if (type === 3 || size > largestBlock) throw new SyntaxError('a layer has a zstd block that is damaged');
  // A block of one repeated byte has just that byte.
  const content = await exactly(reader, type === 1 ? 1 : size);
  return { bytes: Buffer.concat([header, content]), isLast: (word & 1) === 1 };
}

async function exactly(reader: ByteReader, length: number): Promise<Uint8Array> {
  const bytes = await reader.read(length);
  if (bytes.length < length) throw cutShort();
  return bytes;
}

function cutShort(): SyntaxError {
  return new SyntaxError('a layer packed with zstd is cut short');
}
