import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** Most bytes of a program that are read. A build of runsc has some 25 to 70 MB. */
const mostBytes = 256 * 1024 * 1024;
const pieceBytes = 1024 * 1024;
/** Bytes of overlap between two pieces: more than the longest text that is looked for, which may lie across them. */
const overlap = 256;

/**
 * The release that gVisor's build writes into the program: `release-20240729.0`, and on Debian `0.0~20240729.0`. Each
 * begins in one of these ways.
 */
const beginnings = ['release-20', '0.0~20'];
const release = /^(?:release-|0\.0~)20\d{6}\.\d{1,3}(?=\D)/;
/** The line of Go's build info that names the main package. */
const mainPackage = 'path\tgvisor.dev/gvisor/runsc\n';

/** Versions of files that were read, by what the kernel changes with every change of a file. */
const readAlready = new Map<string, string | undefined>();
const mostRemembered = 16;

/**
 * Reads the version of a runsc from its file as data, without running it. Returns `undefined` unless the file is a
 * build of gVisor that names exactly one release.
 *
 * @throws the system's error
 */
export async function readGvisorVersion(path: string): Promise<string | undefined> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  const found = await file.stat({ bigint: true });
  if (!found.isFile() || found.size > mostBytes) return undefined;
  const key = [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
  if (readAlready.has(key)) return readAlready.get(key);
  const version = await versionIn(file, Number(found.size));
  readAlready.set(key, version);
  const [earliest] = readAlready.keys();
  if (readAlready.size > mostRemembered && earliest !== undefined) readAlready.delete(earliest);
  return version;
}

/** Looks for bytes and makes no text of the whole file, which takes three times as long. */
async function versionIn(file: FileHandle, size: number): Promise<string | undefined> {
  const versions = new Set<string>();
  let isGvisor = false;
  const piece = Buffer.alloc(pieceBytes);
  for (let position = 0; position < size; position += pieceBytes - overlap) {
    const { bytesRead } = await file.read(piece, 0, pieceBytes, position);
    if (bytesRead === 0) break;
    const bytes = piece.subarray(0, bytesRead);
    isGvisor ||= bytes.includes(mainPackage, 0, 'latin1');
    for (const beginning of beginnings) {
      for (let at = bytes.indexOf(beginning); at !== -1; at = bytes.indexOf(beginning, at + 1)) {
        const version = release.exec(bytes.toString('latin1', at, at + overlap))?.[0];
        if (version !== undefined) versions.add(version);
      }
    }
  }
  const [version, ...others] = versions;
  return isGvisor && others.length === 0 ? version : undefined;
}
