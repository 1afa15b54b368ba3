/** What an engine reports about a path in a container, in a header of its archive answers. */
export interface PathStat {
  readonly name: string;
  readonly sizeBytes: number;
  /** Permission bits, with set-user-id, set-group-id and sticky as in chmod(2). */
  readonly mode: number;
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly modifiedAt: Date;
  /** Target of a symbolic link; empty otherwise. */
  readonly linkTarget: string;
}

/** Bits of Go's `fs.FileMode`. */
const goDirectory = 0x8000_0000;
const goSymlink = 0x0800_0000;
const goSetUid = 0x0080_0000;
const goSetGid = 0x0040_0000;
const goSticky = 0x0010_0000;
const goOther = 0x0200_0000 | 0x0100_0000 | 0x0400_0000 | 0x0020_0000 | 0x0008_0000;

/** Reads `X-Docker-Container-Path-Stat`: JSON in base64. Throws a SyntaxError for anything else. */
export function parsePathStat(header: string): PathStat {
  const value = JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as unknown;
  if (typeof value !== 'object' || value === null) throw new SyntaxError('not a path stat');
  const { name, size, mode, mtime, linkTarget } = value as Record<string, unknown>;
  if (typeof name !== 'string' || !isWhole(size) || !isWhole(mode)) throw new SyntaxError('not a path stat');
  const modifiedAt = new Date(typeof mtime === 'string' ? mtime : 0);
  const kind = kindOf(mode);
  return {
    name,
    sizeBytes: size,
    mode: permissionsOf(mode),
    kind,
    modifiedAt: Number.isNaN(modifiedAt.getTime()) ? new Date(0) : modifiedAt,
    // Podman fills in the target for plain files too.
    linkTarget: kind === 'symlink' && typeof linkTarget === 'string' ? linkTarget : '',
  };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function has(mode: number, bits: number): boolean {
  return (mode & bits) !== 0;
}

function kindOf(mode: number): PathStat['kind'] {
  if (has(mode, goDirectory)) return 'directory';
  if (has(mode, goSymlink)) return 'symlink';
  return has(mode, goOther) ? 'other' : 'file';
}

function permissionsOf(mode: number): number {
  return (
    (mode & 0o777) |
    (has(mode, goSetUid) ? 0o4000 : 0) |
    (has(mode, goSetGid) ? 0o2000 : 0) |
    (has(mode, goSticky) ? 0o1000 : 0)
  );
}
