/** The few DER encodings that a certificate needs (ITU-T X.690). Pure. */

type Part = Uint8Array | string;

/** Encodes tag, length and value. A part that is a string stands for its ASCII bytes. */
export function tlv(tag: number, ...parts: readonly Part[]): Buffer {
  const content = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'ascii') : part)),
  );
  return Buffer.concat([Uint8Array.of(tag), lengthOctets(content.length), content]);
}

export const sequence = (...parts: readonly Part[]): Buffer => tlv(0x30, ...parts);
export const set = (...parts: readonly Part[]): Buffer => tlv(0x31, ...parts);
export const octetString = (...parts: readonly Part[]): Buffer => tlv(0x04, ...parts);
export const printableString = (text: string): Buffer => tlv(0x13, text);
export const boolean = (value: boolean): Buffer => tlv(0x01, Uint8Array.of(value ? 0xff : 0x00));
/** Encodes an explicitly tagged `[number]`. */
export const explicit = (number: number, ...parts: readonly Part[]): Buffer => tlv(0xa0 + number, ...parts);
/** Encodes a bit string of whole octets. */
export const bitString = (octets: Uint8Array): Buffer => tlv(0x03, Uint8Array.of(0), octets);

/** Encodes a non-negative integer from its big-endian octets. */
export function integer(octets: Uint8Array): Buffer {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start += 1;
  const trimmed = octets.subarray(start);
  const negativeLooking = ((trimmed[0] ?? 0) & 0x80) !== 0;
  return negativeLooking ? tlv(0x02, Uint8Array.of(0), trimmed) : tlv(0x02, trimmed);
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tlv(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** Encodes a time as RFC 5280 demands it: two-digit years before 2050, four digits from then on. */
export function time(date: Date): Buffer {
  const digits = date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  return date.getUTCFullYear() < 2050 ? tlv(0x17, digits.slice(2)) : tlv(0x18, digits);
}

function lengthOctets(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Uint8Array.of(0x80 | octets.length, ...octets);
}

function base128(value: number): number[] {
  const octets = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    octets.unshift((rest % 128) | 0x80);
  }
  return octets;
}
