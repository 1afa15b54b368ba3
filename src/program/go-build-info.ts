/**
 * What the Go compiler writes into every program: its own version, and the modules that were linked in. The format is
 * that of Go 1.18 and later (`debug/buildinfo`): a header of 32 bytes that begins with a magic text, then two strings,
 * each behind its length as a varint.
 */

export interface GoBuildInfo {
  /** Such as `go1.24.3`. */
  readonly goVersion: string;
  /** Path of the main package. */
  readonly path: string | undefined;
  /** Versions by module path, that of the main module among them; of a replaced module, those of its replacement. */
  readonly modules: ReadonlyMap<string, string>;
}

export const goBuildInfoMagic = Buffer.from('\xff Go buildinf:', 'latin1');

/** How much from the magic text on can be needed; the list of modules of the largest programs has some 100 KiB. */
export const longestGoBuildInfo = 512 * 1024;

const headerSize = 32;
const stringsInline = 2;

/**
 * Reads the build info at the beginning of `bytes`. `undefined` for what only looks like one: the magic text also stands
 * in programs that can read build infos, and Go before 1.18 wrote pointers.
 */
export function parseGoBuildInfo(bytes: Uint8Array): GoBuildInfo | undefined {
  const flags = bytes[goBuildInfoMagic.length + 1] ?? 0;
  if (bytes.length < headerSize || (flags & stringsInline) === 0) return undefined;
  const version = readString(bytes, headerSize);
  if (version === undefined || !/^(?:go\d|devel)/.test(version.text)) return undefined;
  const modules = readString(bytes, version.end);
  if (modules === undefined) return undefined;
  // The list stands between two marks of 16 bytes (`runtime/debug`: ReadBuildInfo).
  return { goVersion: version.text, ...parseModules(modules.text.slice(16, -16)) };
}

function readString(bytes: Uint8Array, at: number): { text: string; end: number } | undefined {
  let length = 0;
  let shift = 0;
  for (let position = at; position < bytes.length && shift < 35; position += 1, shift += 7) {
    const byte = bytes[position] ?? 0;
    length += (byte & 0x7f) * 2 ** shift;
    if ((byte & 0x80) !== 0) continue;
    const start = position + 1;
    if (start + length > bytes.length) return undefined;
    // Latin-1, because the marks are no UTF-8; module paths and versions are ASCII.
    return {
      text: Buffer.from(bytes.subarray(start, start + length)).toString('latin1'),
      end: start + length,
    };
  }
  return undefined;
}

/** Lines `path P`, `mod P V`, `dep P V SUM`, and `=> P V SUM` behind one that is replaced; fields are divided by tabs. */
function parseModules(text: string): Pick<GoBuildInfo, 'path' | 'modules'> {
  const modules = new Map<string, string>();
  let path: string | undefined;
  let last: string | undefined;
  for (const line of text.split('\n')) {
    const [kind, name, version] = line.split('\t');
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
