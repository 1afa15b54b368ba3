import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';

export interface BoundedRead {
  /** Most bytes of the file; a longer one is refused. */
  readonly mostBytes: number;
  /** Whether the last part of the path may be a link. Default: no. */
  readonly followLinks?: boolean | undefined;
  /** Returns what is wrong with the file that was opened, if anything, such as its owner. */
  readonly problem?: ((found: Stats) => string | undefined) | undefined;
}

/** Bytes to begin with for a file of `/proc`, most of which have some hundred. */
const sizeOfUnknown = 2048;

/** The file must not be read here. Failures of the system are thrown as they are. */
export class UnusableFile extends Error {}

/**
 * Reads a file that somebody else may have put there. Only a regular file is waited for and read, so a pipe or a device
 * in its place does no harm; files of `/proc`, which have no size, are read to their end.
 *
 * @throws UnusableFile saying why; the error of the system, `ELOOP` for a link
 */
export async function readBoundedFile(path: string, options: BoundedRead): Promise<Buffer> {
  const { mostBytes, followLinks = false, problem } = options;
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  await using file = await open(path, followLinks ? flags : flags | constants.O_NOFOLLOW);
  const found = await file.stat();
  if (!found.isFile()) throw new UnusableFile('it is not a regular file');
  const refused = problem?.(found);
  if (refused !== undefined) throw new UnusableFile(refused);
  let bytes = Buffer.allocUnsafe(Math.min(found.size > 0 ? found.size + 1 : sizeOfUnknown, mostBytes + 1));
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, size, bytes.length - size, null);
    if (bytesRead === 0) return bytes.subarray(0, size);
    size += bytesRead;
    if (size > mostBytes) throw new UnusableFile(`it is longer than ${mostBytes} bytes`);
    if (size === bytes.length) bytes = enlarged(bytes, mostBytes + 1);
  }
}

function enlarged(bytes: Buffer, longest: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafe(Math.min(bytes.length * 2, longest));
  bytes.copy(larger);
  return larger;
}
