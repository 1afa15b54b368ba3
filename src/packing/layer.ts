import { open, stat } from 'node:fs/promises';
import { InvalidOptionError } from '../errors.ts';
import { encodeFileCapabilities } from '../program/file-capabilities.ts';
import { ImageChangedError, ImageFileError } from './errors.ts';
import type { ImageFile, ImageRegularFile } from './image-files.ts';
import { tarBytes, type TarEntry } from './tar-bytes.ts';

/** The files of a layer with their sizes, which are measured once. The size of the layer follows from them. */
export interface LayerPlan {
  readonly entries: readonly TarEntry[];
}

/**
 * Measures the files, which must be arranged already, and returns a layer that can be read any number of times.
 *
 * @throws {ImageFileError} a file of this machine is missing, unreadable, or no regular file
 */
export async function planLayer(
  files: readonly ImageFile[],
  options: { createdAt: Date; signal?: AbortSignal | undefined },
): Promise<LayerPlan> {
  const entries: TarEntry[] = [];
  for (const file of files) {
    options.signal?.throwIfAborted();
    entries.push(await planEntry(file, options));
  }
  return { entries };
}

/** The bytes of the layer: an uncompressed tar. Files are read now; one whose size has changed is an error. */
export function layerBytes(plan: LayerPlan): AsyncGenerator<Uint8Array> {
  return tarBytes(plan.entries);
}

async function planEntry(
  file: ImageFile,
  options: { createdAt: Date; signal?: AbortSignal | undefined },
): Promise<TarEntry> {
  const header = {
    // Tar names are relative to the root of the image.
    name: file.path.slice(1),
    uid: file.uid ?? 0,
    gid: file.gid ?? 0,
    mtime: options.createdAt,
  };
  if ('symlink' in file)
    return { header: { ...header, type: 'symlink', mode: 0o777, linkname: file.symlink } };
  if ('directory' in file)
    return { header: { ...header, type: 'directory', mode: withType(0o040000, file.mode ?? 0o755) } };

  const regular = {
    ...header,
    type: 'file' as const,
    mode: withType(0o100000, file.mode ?? 0o644),
    ...capabilityRecord(file),
  };
  const { content } = file;
  if (typeof content === 'string') return wholeFile(regular, Buffer.from(content));
  if (content instanceof Uint8Array) return wholeFile(regular, content);
  const size = await regularFileSize(content.file);
  return { header: { ...regular, size }, content: fileBytes(content.file, size, options.signal) };
}

/**
 * Adds the type bits to a mode, because tar-stream takes a mode of 0 for "not given". It removes the type bits again.
 */
function withType(type: number, mode: number): number {
  return type | mode;
}

function wholeFile(header: TarEntry['header'], content: Uint8Array): TarEntry {
  return { header: { ...header, size: content.byteLength }, content };
}

function capabilityRecord(file: ImageRegularFile): { pax?: Record<string, string> } {
  if (file.fileCapabilities === undefined || file.fileCapabilities.length === 0) return {};
  const value = encodeFileCapabilities(file.fileCapabilities);
  if (value.some((byte) => byte > 0x7f)) {
    // tar-stream writes the record as UTF-8 text, so each byte must be a character of its own.
    throw new InvalidOptionError(
      'fileCapabilities',
      "SETUID, IPC_OWNER, SYS_NICE, SETFCAP and BPF can't be stored in an image archive",
    );
  }
  return { pax: { 'SCHILY.xattr.security.capability': Buffer.from(value).toString('latin1') } };
}

async function regularFileSize(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ImageFileError(path, `can't be read for the image`, { cause });
  });
  if (!found.isFile()) throw new ImageFileError(path, 'is not a regular file');
  return found.size;
}

const chunkSize = 256 * 1024;

/** Reads the file anew each time it is iterated. */
function fileBytes(path: string, size: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      const file = await open(path, 'r').catch((cause: unknown) => {
        throw new ImageFileError(path, `can't be read for the image`, { cause });
      });
      try {
        let left = size;
        for (;;) {
          signal?.throwIfAborted();
          const { bytesRead, buffer } = await file.read(
            Buffer.allocUnsafeSlow(Math.min(chunkSize, left + 1)),
          );
          left -= bytesRead;
          if (left < 0 || (bytesRead === 0 && left > 0))
            throw new ImageChangedError(`${path} no longer has ${size} bytes`);
          if (bytesRead === 0) return;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await file.close();
      }
    },
  };
}
