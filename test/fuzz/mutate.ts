import type { Random } from './random.ts';

export interface MutationSources {
  readonly corpus: readonly Uint8Array[];
  readonly words: readonly Uint8Array[];
  readonly longest: number;
}

type Mutator = (bytes: Buffer, random: Random, sources: MutationSources) => Buffer;

/** Numbers at which parsers go wrong. */
const interesting = [0, 1, 2, 7, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

const flipBit: Mutator = (bytes, random) => {
  const at = random.below(bytes.length);
  if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  return bytes;
};

const setByte: Mutator = (bytes, random) => {
  if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
};

/** A number of one to eight bytes in either order, as lengths, counts and offsets are. */
const setNumber: Mutator = (bytes, random) => {
  const width = [1, 2, 4, 8][random.below(4)] ?? 1;
  if (bytes.length < width) return bytes;
  const value =
    random.pick([...interesting, bytes.length, bytes.length - 1, bytes.length + 1, random.next()]) ?? 0;
  const field = Buffer.alloc(8);
  field.writeUInt32LE(value >>> 0, 0);
  if (width === 8 && random.below(2) === 0) field.writeUInt32LE(random.pick(interesting) ?? 0, 4);
  const part = field.subarray(0, width);
  bytes.set(
    random.below(2) === 0 ? part : Buffer.from(part).reverse(),
    random.below(bytes.length - width + 1),
  );
  return bytes;
};

/** Another number in the place of digits, as in PAX records, JSON and octal fields. */
const setDigits: Mutator = (bytes, random) => {
  let start = random.below(bytes.length);
  while (start < bytes.length && !isDigit(bytes[start] ?? 0)) start += 1;
  if (start >= bytes.length) return bytes;
  let end = start;
  while (isDigit(bytes[end] ?? 0)) end += 1;
  const number =
    random.pick(['0', '-1', '1.5', '1e9', '0x10', '9'.repeat(20), '7'.repeat(end - start), ' 1', '00', '']) ??
    '';
  const sameLength = random.below(2) === 0;
  const digits = Buffer.from(sameLength ? number.padStart(end - start, '0').slice(0, end - start) : number);
  return Buffer.concat([bytes.subarray(0, start), digits, bytes.subarray(end)]);
};

const cut: Mutator = (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1));

const remove: Mutator = (bytes, random) => {
  const start = random.below(bytes.length);
  const end = start + random.below(Math.min(bytes.length - start, 64) + 1);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
};

const repeat: Mutator = (bytes, random, { longest }) => {
  const start = random.below(bytes.length);
  const part = bytes.subarray(start, start + 1 + random.below(random.below(4) === 0 ? 1024 : 32));
  const times = 1 + random.below(random.below(8) === 0 ? 500 : 4);
  const most = Math.max(1, Math.min(times, Math.floor((longest - bytes.length) / Math.max(1, part.length))));
  const copies = Array.from({ length: most }, () => part);
  return Buffer.concat([bytes.subarray(0, start), ...copies, bytes.subarray(start)]);
};

const splice: Mutator = (bytes, random, { corpus }) => {
  const other = random.pick(corpus) ?? new Uint8Array();
  const from = random.below(other.length);
  return Buffer.concat([
    bytes.subarray(0, random.below(bytes.length + 1)),
    other.subarray(from, from + 1 + random.below(other.length - from)),
    random.below(2) === 0 ? bytes.subarray(random.below(bytes.length + 1)) : Buffer.alloc(0),
  ]);
};

const insertWord: Mutator = (bytes, random, { words }) => {
  const word = random.pick(words) ?? Uint8Array.of(random.below(256));
  const at = random.below(bytes.length + 1);
  const over = random.below(2) === 0 ? word.length : 0;
  return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at + over)]);
};

/** Fields move: a block in another place. */
const move: Mutator = (bytes, random) => {
  const start = random.below(bytes.length);
  const part = bytes.subarray(start, start + 1 + random.below(64));
  const rest = Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + part.length)]);
  const at = random.below(rest.length + 1);
  return Buffer.concat([rest.subarray(0, at), part, rest.subarray(at)]);
};

const mutators: readonly Mutator[] = [
  flipBit,
  setByte,
  setNumber,
  setNumber,
  setDigits,
  cut,
  remove,
  repeat,
  splice,
  insertWord,
  insertWord,
  move,
];

/** Another input, made of the corpus by one to eight changes. */
export function mutate(random: Random, sources: MutationSources): Buffer {
  let bytes = Buffer.from(random.pick(sources.corpus) ?? new Uint8Array());
  const changes = 1 + random.below(random.below(3) === 0 ? 8 : 3);
  for (let change = 0; change < changes; change += 1) {
    const mutator = random.pick(mutators) ?? flipBit;
    bytes = Buffer.from(mutator(bytes, random, sources).subarray(0, sources.longest));
  }
  return bytes;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
