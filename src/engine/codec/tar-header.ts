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
  /** Whether the header is older than POSIX, where only a slash at the end of the name tells a folder from a file. */
  readonly hasNoType: boolean;
  readonly linkName: string;
}

export const tarBlockSize = 512;

/** A byte order mark at the beginning of a name is a part of it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Reads a header block (POSIX.1-1988 ustar, and what GNU tar writes). Returns `undefined` for the block of zeros that
 * ends an archive. Throws a SyntaxError for anything that is not a header.
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
    mode: notNegative(number(block, 100, 8)),
    uid: notNegative(number(block, 108, 8)),
    gid: notNegative(number(block, 116, 8)),
    size: notNegative(number(block, 124, 12)),
    modifiedAt: number(block, 136, 12),
    type: block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0),
    hasNoType: block[156] === 0,
    linkName: text(block, 157, 100),
  };
}

/** Reads the records of a PAX header: `28 path=...` lines that begin with their own length. */
export function parsePaxRecords(bytes: Uint8Array): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  let at = 0;
  while (at < bytes.length) {
    // The search ends after the digits of the longest length: searching all the rest for each record would take
    // quadratic time.
    const space = bytes.subarray(at, at + longestLength).indexOf(0x20);
    const length = space === -1 ? undefined : parseDecimal(text(bytes, at, space));
    const record = bytes.subarray(at + space + 1, at + (length ?? 0));
    const equals = record.indexOf(0x3d);
    if (length === undefined || at + length > bytes.length || equals < 1 || record.at(-1) !== 0x0a) {
      throw new SyntaxError('not a PAX record');
    }
    records.set(decoder.decode(record.subarray(0, equals)), record.subarray(equals + 1, -1));
    at += length;
  }
  return records;
}

/** Digits of the longest number that can be a size, and one more for the space. */
const longestLength = 17;

/** Reads a size that is written in decimal digits and nothing else; returns `undefined` for anything else. */
export function parseDecimal(digits: string): number | undefined {
  if (!/^\d{1,16}$/.test(digits)) return undefined;
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : undefined;
}

function text(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return decoder.decode(end === -1 ? field : field.subarray(0, end));
}

/** Reads octal digits or, for what does not fit, GNU's base 256 with the top bit set. */
function number(block: Uint8Array, start: number, length: number): number {
  const first = block[start] ?? 0;
  if ((first & 0x80) !== 0) return base256(block.subarray(start, start + length));
  const digits = text(block, start, length).trim();
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw new SyntaxError('not a tar header: a number is not octal');
  return Number.parseInt(digits, 8);
}

/** Reads a two's complement number, most significant byte first. The top bit only marks the field as such a number. */
function base256(field: Uint8Array): number {
  const isNegative = ((field[0] ?? 0) & 0x40) !== 0;
  const value = field.reduce(
    (sum, byte, index) => sum * 256 + (index === 0 ? (byte & 0x7f) - (isNegative ? 0x80 : 0) : byte),
    0,
  );
  if (!Number.isSafeInteger(value))
    throw new SyntaxError('not a tar header: a number is larger than any can be');
  return value;
}

function notNegative(value: number): number {
  if (value < 0) throw new SyntaxError('not a tar header: a number is negative');
  return value;
}

/** Returns the sum of all bytes, with the bytes of the checksum itself taken as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < tarBlockSize; i += 1) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  return sum;
}
