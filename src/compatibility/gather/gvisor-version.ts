import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Most bytes of a program that are read. A build of runsc has some 25 to 70 MB. */
const mostBytes = 256 * 1024 * 1024;
const pieceBytes = 1024 * 1024;
/** Bytes of overlap between two pieces: more than the longest text that is looked for, which may lie across them. */
const overlap = 256;

/**
 * Matches the release that gVisor's build writes into the program: `release-20240729.0`, and on Debian
 * `0.0~20240729.0`.
 */
const releases = /(?:release-|0\.0~)20\d{6}\.\d{1,3}(?=\D)/g;
/** The line of Go's build info that names the main package. */
const mainPackage = 'path\tgvisor.dev/gvisor/runsc\n';

/**
 * Reads the version of a runsc from its file as data, without running it. Returns `undefined` unless the file is a
 * build of gVisor that names exactly one release.
 *
 * @throws the system's error
 */
export async function readGvisorVersion(path: string): Promise<string | undefined> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  const found = await file.stat();
  if (!found.isFile() || found.size > mostBytes) return undefined;
  const versions = new Set<string>();
  let isGvisor = false;
  const piece = Buffer.alloc(pieceBytes);
  for (let position = 0; position < found.size; position += pieceBytes - overlap) {
    const { bytesRead } = await file.read(piece, 0, pieceBytes, position);
    if (bytesRead === 0) break;
    const text = piece.toString('latin1', 0, bytesRead);
    isGvisor ||= text.includes(mainPackage);
    for (const [version] of text.matchAll(releases)) versions.add(version);
  }
  const [version, ...others] = versions;
  return isGvisor && others.length === 0 ? version : undefined;
}
