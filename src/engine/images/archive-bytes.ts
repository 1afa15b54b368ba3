import { open } from 'node:fs/promises';
import { InvalidOptionError } from '../../errors.ts';
import { fileHintFor, systemReason } from '../../thrown-value.ts';
import { parseTarHeader, tarBlockSize } from '../codec/tar-header.ts';

/**
 * Opens the bytes of an archive and looks at their beginning, so that a wrong path or file is told apart from trouble
 * with the engine before anything is sent.
 *
 * @throws InvalidOptionError
 */
export async function archiveBytes(
  operation: string,
  archive: unknown,
): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  if (archive instanceof Uint8Array) {
    refuseWhatIsNoTar(operation, archive);
    return archive;
  }
  if (typeof archive === 'string') return fileBytes(operation, archive);
  if (typeof archive === 'object' && archive !== null && Symbol.asyncIterator in archive) {
    return archive as AsyncIterable<Uint8Array>;
  }
  throw new InvalidOptionError(
    'archive',
    `${operation} takes the path of a file, bytes, or a stream of bytes`,
  );
}

async function fileBytes(operation: string, path: string): Promise<AsyncIterable<Uint8Array>> {
  const file = await open(path).catch((cause: unknown) => {
    throw unreadable(operation, path, cause);
  });
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(tarBlockSize), 0, tarBlockSize, 0);
    refuseWhatIsNoTar(operation, buffer.subarray(0, bytesRead));
  } catch (cause) {
    await file.close();
    if (cause instanceof InvalidOptionError) throw cause;
    throw unreadable(operation, path, cause);
  }
  return file.createReadStream({ start: 0, highWaterMark: 256 * 1024 });
}

function unreadable(operation: string, path: string, cause: unknown): InvalidOptionError {
  const reason = systemReason(cause);
  const why = reason === undefined ? '' : `: ${reason}`;
  return new InvalidOptionError('archive', `${path} can't be read (${operation})${why}`, {
    cause,
    hint: fileHintFor(cause),
  });
}

/** Compressed archives are let through, because engines accept several kinds. */
const compressed: readonly (readonly number[])[] = [
  [0x1f, 0x8b], // gzip
  [0x42, 0x5a, 0x68], // bzip2
  [0xfd, 0x37, 0x7a, 0x58, 0x5a], // xz
  [0x28, 0xb5, 0x2f, 0xfd], // zstd
];

function refuseWhatIsNoTar(operation: string, start: Uint8Array): void {
  if (compressed.some((magic) => magic.every((byte, i) => start[i] === byte))) return;
  try {
    if (parseTarHeader(start) !== undefined) return;
  } catch {
    // Refused below, as anything else that is no tar.
  }
  throw new InvalidOptionError('archive', `${operation} takes a tar archive, which this is not`);
}
