import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { checkImageLimit, imageLimits } from './limits.ts';

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

/** Returns how bytes with this beginning are packed; `undefined` for a plain tar. */
export function packingOf(start: Uint8Array): Packing | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  const isZstd = start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd;
  return isZstd ? 'zstd' : undefined;
}

/**
 * Unpacks the bytes, and no more of them than are taken.
 *
 * @throws {SyntaxError} when they can't be unpacked, and beyond the budget; the errors of `packed`
 */
export async function* unpack(
  packed: AsyncIterable<Uint8Array>,
  packing: Packing,
  budget: UnpackBudget,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decompressor = decompressorFor(packing);
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
  pipeline(Readable.from(counted(), { objectMode: false }), decompressor).catch((error: unknown) =>
    decompressor.destroy(error as Error),
  );
  try {
    for await (const piece of decompressor as AsyncIterable<Uint8Array>) {
      budget.addUnpacked(piece.length);
      yield piece;
    }
  } catch (error) {
    if (lost !== undefined) throw lost.error;
    if (error instanceof SyntaxError) throw error;
    throw new SyntaxError(`a layer can't be unpacked: ${(error as Error).message}`, { cause: error });
  } finally {
    decompressor.destroy();
  }
}

function decompressorFor(packing: Packing): zlib.Gunzip {
  if (packing === 'gzip') return zlib.createGunzip({ chunkSize });
  // Node.js has this function from 22.15 on.
  const { createZstdDecompress } = zlib as {
    createZstdDecompress?: (options: { chunkSize: number }) => zlib.Gunzip;
  };
  if (createZstdDecompress !== undefined) return createZstdDecompress({ chunkSize });
  throw new SyntaxError("a layer is packed with zstd, which this version of Node.js can't read");
}
