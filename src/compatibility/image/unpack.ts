import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { checkImageLimit, imageLimits } from './limits.ts';
import type { Slices } from './slices.ts';
import { isZstd, unpackZstd } from './zstd-frames.ts';

const chunkSize = 64 * 1024;

/** Counts the bytes that come out of the layers of an image, and the bytes from which they come. */
export class UnpackBudget {
  #packed = 0;
  #outOfPacked = 0;
  #bytes = 0;

  /** Counts bytes of the archive as it arrives. */
  addPlain(bytes: number): void {
    this.#bytes += bytes;
    checkImageLimit('unpackedBytes', this.#bytes, `${this.#bytes} bytes in the layers`);
  }

  addPacked(bytes: number): void {
    this.#packed += bytes;
  }

  addUnpacked(bytes: number): void {
    this.addPlain(bytes);
    this.#outOfPacked += bytes;
    const beyond = this.#outOfPacked - imageLimits.freeUnpackedBytes.most;
    if (beyond <= 0) return;
    const ratio = Math.ceil(beyond / Math.max(1, this.#packed));
    checkImageLimit('unpackedRatio', ratio, `a layer that unpacks to ${ratio} times its size`);
  }
}

export type Packing = 'gzip' | 'zstd';

/**
 * Returns how bytes with this beginning are packed; `undefined` for a plain tar.
 *
 * @throws {SyntaxError} for packings that some engines read, and this reader does not
 */
export function packingOf(start: Uint8Array): Packing | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  if (isZstd(start)) return 'zstd';
  const foreign = foreignPackings.find(({ magic }) => magic.equals(start.subarray(0, magic.length)));
  if (foreign === undefined) return undefined;
  throw new SyntaxError(
    `a layer is packed with ${foreign.name}, which is not read: give the engine the image with layers that are packed with gzip`,
  );
}

/** How many bytes {@link packingOf} looks at. */
export const packingBytes = 10;

const foreignPackings = [
  { name: 'xz', magic: Buffer.from('\xfd7zXZ\0', 'latin1') },
  { name: 'bzip2', magic: Buffer.from('BZh91AY&SY', 'latin1') },
];

/**
 * Unpacks the bytes, and no more of them than are taken.
 *
 * @throws {SyntaxError} when they can't be unpacked, and beyond the budget; the errors of `packed`
 */
export async function* unpack(
  packed: AsyncIterable<Uint8Array>,
  packing: Packing,
  budget: UnpackBudget,
  slices?: Slices,
): AsyncGenerator<Uint8Array, void, undefined> {
  let lost: { readonly error: unknown } | undefined;
  const counted = async function* () {
    try {
      for await (const piece of packed) {
        budget.addPacked(piece.length);
        yield piece;
      }
    } catch (error) {
      lost = { error };
      throw error;
    }
  };
  try {
    const unpacked = packing === 'gzip' ? unpackGzip(counted()) : unpackZstd(counted(), slices);
    for await (const piece of unpacked) {
      budget.addUnpacked(piece.length);
      yield piece;
    }
  } catch (error) {
    if (lost !== undefined) throw lost.error;
    if (error instanceof SyntaxError || slices?.aborted === true) throw error;
    throw new SyntaxError(`a layer can't be unpacked: ${(error as Error).message}`, { cause: error });
  }
}

async function* unpackGzip(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const decompressor = createGunzip({ chunkSize });
  pipeline(Readable.from(packed, { objectMode: false }), decompressor).catch((error: unknown) =>
    decompressor.destroy(error as Error),
  );
  try {
    for await (const piece of decompressor as AsyncIterable<Uint8Array>) yield piece;
  } finally {
    decompressor.destroy();
  }
}
