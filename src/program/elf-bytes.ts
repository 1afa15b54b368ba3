/** Ranges, numbers and texts of an ELF file, for its parsers, which do no I/O. */
import { ElfError } from './errors.ts';
import { programLimits } from './limits.ts';

/** A range of the file. Fewer bytes may come back only at the end of the file. */
export interface ElfRange {
  readonly offset: number;
  readonly length: number;
}

export function* readExactly(
  offset: number,
  length: number,
  what: string,
): Generator<ElfRange, Uint8Array, Uint8Array> {
  const bytes = yield checkedRange(offset, length);
  if (bytes.length < length)
    throw new ElfError('damaged', `damaged ELF file: the ${what} lies outside the file`);
  return bytes;
}

export function checkLimit(name: keyof typeof programLimits, value: number, what: string): void {
  const { most } = programLimits[name];
  if (value > most)
    throw new ElfError('limit', `an ELF file with ${value} ${what}: at most ${most} are read (${name})`);
}

/** Checks a range. Its end is an offset too, and has to be one that a file can have. */
export function checkedRange(offset: number, length: number): ElfRange {
  if (!Number.isSafeInteger(offset + length))
    throw new ElfError('damaged', 'damaged ELF file: an offset beyond any file');
  return { offset, length };
}

export function textUpToZero(bytes: Uint8Array, what: string): string {
  const end = bytes.indexOf(0);
  if (end < 0) throw new ElfError('damaged', `damaged ELF file: the ${what} does not end`);
  return new TextDecoder().decode(bytes.subarray(0, end));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Reads 64 bits as a number. No tag or value that is used here is beyond 2^53, so the rounding of larger ones does not
 * matter.
 */
export function numberAt(view: DataView, position: number): number {
  return view.getUint32(position, true) + view.getUint32(position + 4, true) * 2 ** 32;
}

export function offsetAt(view: DataView, position: number): number {
  const value = numberAt(view, position);
  if (!Number.isSafeInteger(value))
    throw new ElfError('damaged', 'damaged ELF file: an offset beyond any file');
  return value;
}
