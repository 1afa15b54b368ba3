/** One entry of a tar archive, as its header describes it. */
export interface TarHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  /** `0` file, `1` hard link, `2` symbolic link, `5` directory, `x` and `g` PAX records, ... */
  readonly type: string;
  readonly linkName: string;
}

export const tarBlockSize = 512;

/**
 * Reads a header block (POSIX.1-1988 ustar, and what GNU tar writes). `undefined` for the block of zeros that ends an archive.
 * Throws a SyntaxError for anything that is no header.
 */
export function parseTarHeader(block: Uint8Array): TarHeader | undefined {
  if (block.length < tarBlockSize) throw new SyntaxError('a tar header has 512 bytes');
  if (block.subarray(0, tarBlockSize).every((byte) => byte === 0)) return undefined;
  if (number(block, 148, 8) !== checksum(block))
    throw new SyntaxError('not a tar header: its checksum is wrong');
  const isUstar = text(block, 257, 5) === 'ustar';
  const prefix = isUstar && block[262] === 0 ? text(block, 345, 155) : ''; // GNU tar uses those bytes otherwise
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(block, 100, 8),
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: number(block, 124, 12),
    modifiedAt: number(block, 136, 12),
    type: text(block, 156, 1) || '0',
    linkName: text(block, 157, 100),
  };
}

/** The records of a PAX header: `28 path=...` lines that begin with their own length. */
export function parsePaxRecords(bytes: Uint8Array): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    const length = space === -1 ? Number.NaN : Number(text(bytes, at, space - at));
    const end = at + length;
    const equals = bytes.indexOf(0x3d, space);
    if (!(length > 0) || end > bytes.length || equals === -1 || equals >= end || bytes[end - 1] !== 0x0a) {
      throw new SyntaxError('not a PAX record');
    }
    records.set(text(bytes, space + 1, equals - space - 1), bytes.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

function text(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end));
}

/** Octal digits, or for what does not fit, GNU's base 256 with the top bit set. */
function number(block: Uint8Array, start: number, length: number): number {
  const first = block[start] ?? 0;
  if ((first & 0x80) !== 0) {
    return block
      .subarray(start + 1, start + length)
      .reduce((value, byte) => value * 256 + byte, first & 0x7f);
  }
  const digits = text(block, start, length).trim();
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw new SyntaxError('not a tar header: a number is not octal');
  return Number.parseInt(digits, 8);
}

/** The sum of all bytes, with the checksum's own taken as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < tarBlockSize; i += 1) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  return sum;
}
