/**
 * What the Go compiler writes into every program: its own version, and the modules that were linked in. The format is
 * that of Go 1.18 and later (`debug/buildinfo`): a header of 32 bytes that begins with a magic text, then two strings,
 * each behind its length as a varint.
 */

import { programLimits } from './limits.ts';

export interface GoBuildInfo {
  /** Such as `go1.24.3`. */
  readonly goVersion: string;
  /** Path of the main package. */
  readonly path: string | undefined;
  /** Versions by module path, that of the main module among them; of a replaced module, those of its replacement. */
  readonly modules: ReadonlyMap<string, string>;
}

export const goBuildInfoMagic = Buffer.from('\xff Go buildinf:', 'latin1');

/** No version of Go or of a module is longer; a longer text is something else. */
const longestVersion = 256;

const headerSize = 32;
const stringsInline = 2;

/**
 * How many bytes from the magic text on have to be there for the build info to be read: more than `bytes` has while that
 * is not known. `undefined` for what only looks like one: the magic text also stands in programs that can read build
 * infos, and Go before 1.18 wrote pointers.
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

/** Reads the build info at the beginning of `bytes`. `undefined` for what is none, is cut short, or beyond the limit. */
export function parseGoBuildInfo(bytes: Uint8Array): GoBuildInfo | undefined {
  const length = goBuildInfoLength(bytes);
  if (length === undefined || length > bytes.length || length > programLimits.goBuildInfoBytes.most)
    return undefined;
  const version = stringAt(bytes, headerSize);
  const modules = version && stringAt(bytes, version.end);
  if (version === undefined || modules === undefined) return undefined;
  // The list stands between two marks of 16 bytes (`runtime/debug`: ReadBuildInfo).
  return { goVersion: textOf(bytes, version), ...parseModules(textOf(bytes, modules).slice(16, -16)) };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the string is whose length stands at `at`. Where its length is not whole yet, it ends with the next byte. */
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

/** Latin-1, because the marks are no UTF-8; module paths and versions are ASCII. */
function textOf(bytes: Uint8Array, { start, end }: Span): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}

/** Lines `path P`, `mod P V`, `dep P V SUM`, and `=> P V SUM` behind one that is replaced; fields are divided by tabs. */
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
