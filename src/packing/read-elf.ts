import { open, type FileHandle } from 'node:fs/promises';
import { elfParser, type ElfFile, type ElfRange } from '../program/elf.ts';
import { ElfError } from '../program/errors.ts';
import { ImageFileError } from './errors.ts';

/**
 * Reads the ELF facts of a file; only the few hundred bytes that matter are read.
 *
 * @throws {ElfError} not a 64-bit little-endian ELF file, or damaged; the message names the file
 * @throws {ImageFileError} the file can't be opened or read
 * @throws the signal's reason when aborted; the file is closed again
 */
export async function readElf(
  path: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<ElfFile> {
  options.signal?.throwIfAborted();
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new ImageFileError(path, `can't be opened`, { cause });
  });
  try {
    const parser = elfParser();
    let step = parser.next();
    while (step.done !== true) {
      options.signal?.throwIfAborted();
      step = parser.next(await readRange(file, path, step.value));
    }
    return step.value;
  } catch (error) {
    throw error instanceof ElfError ? new ElfError(error.reason, error.detail, path) : error;
  } finally {
    await file.close();
  }
}

async function readRange(file: FileHandle, path: string, { offset, length }: ElfRange): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file
      .read(buffer, filled, length - filled, offset + filled)
      .catch((cause: unknown) => {
        throw new ImageFileError(path, `can't be read`, { cause });
      });
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
