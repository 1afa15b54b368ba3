/**
 * Reads what the Go compiler writes into every program: its own version, and the modules that were linked in. The
 * format is that of Go 1.18 and later (`debug/buildinfo`): a header of 32 bytes that begins with a magic text, then two
 * strings, each after its length as a varint.
 */

import { programLimits } from './limits.ts';

export interface GoBuildInfo {
  /** Such as `go1.24.3`. */
  readonly goVersion: string;
  /** Path of the main package. */
  readonly path: string | undefined;
  /**
   * Versions by module path, including that of the main module. For a replaced module they are those of its
   * replacement.
   */
  readonly modules: ReadonlyMap<string, string>;
}

export const goBuildInfoMagic = Buffer.from('\xff Go buildinf:', 'latin1');

/** Longest text that is taken for a version. No version of Go or of a module is longer. */
const longestVersion = 256;

const headerSize = 32;
const stringsInline = 2;

/**
 * Returns how many bytes, counted from the magic text, are needed to read the build info; while that is not known, more
 * than `bytes` has. Returns `undefined` for something that only looks like a build info: the magic text also occurs in
 * programs that can read build infos, and Go before 1.18 wrote pointers.
 */
export function goBuildInfoLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < headerSize) return headerSize;
  const flags = bytes[goBuildInfoMagic.length + 1] ?? 0;
  if ((flags & stringsInline) === 0) return undefined;
  const version = stringAt(bytes, headerSize);
  if (version === undefined || version.end - version.start > longestVersion) return undefined;
  if (bytes.length < version.end) return version.end;
  if (!/^(?:go\d|devel)/.test(textOf(bytes, version))) return undefined;
  return stringAt(bytes, version.end)?.end;
}

/**
 * Reads the build info at the beginning of `bytes`. Returns `undefined` for bytes that are no build info, are cut
 * short, or exceed the limit.
 */
export function parseGoBuildInfo(bytes: Uint8Array): GoBuildInfo | undefined {
  const length = goBuildInfoLength(bytes);
  if (length === undefined || length > bytes.length || length > programLimits.goBuildInfoBytes.most)
    return undefined;
  const version = stringAt(bytes, headerSize);
  const modules = version && stringAt(bytes, version.end);
  if (version === undefined || modules === undefined) return undefined;
  // The list is enclosed in two marks of 16 bytes (`runtime/debug`: ReadBuildInfo).
  return { goVersion: textOf(bytes, version), ...parseModules(textOf(bytes, modules).slice(16, -16)) };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Finds the string whose length is encoded at `at`. While its length is incomplete, it ends with the next byte. */
function stringAt(bytes: Uint8Array, at: number): Span | undefined {
  let length = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[at + index];
    const start = at + index + 1;
    if (byte === undefined) return { start, end: start };
    length += (byte & 0x7f) * 2 ** (7 * index);
    if ((byte & 0x80) === 0) return { start, end: start + length };
  }
  return undefined;
}

/** Decodes as Latin-1, because the marks are not UTF-8; module paths and versions are ASCII. */
function textOf(bytes: Uint8Array, { start, end }: Span): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}

/**
 * Reads the lines `path P`, `mod P V`, `dep P V SUM`, and `=> P V SUM` after a module that is replaced. Tabs separate
 * the fields.
 */
function parseModules(text: string): Pick<GoBuildInfo, 'path' | 'modules'> {
  const modules = new Map<string, string>();
  let path: string | undefined;
  let last: string | undefined;
  for (const line of text.split('\n')) {
    const [kind, name, version] = line.split('\t', 3);
    if (version !== undefined && version.length > longestVersion) continue;
    if (kind === 'path') path = name;
    if ((kind === 'mod' || kind === 'dep') && name !== undefined) {
      modules.set(name, version ?? '(devel)');
      last = name;
    }
    if (kind === '=>' && last !== undefined)
      modules.set(last, version === undefined || version === '' ? '(devel)' : version);
  }
  return { path, modules };
}
