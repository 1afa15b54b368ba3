/** The header of an ELF file and its program headers. */
import { checkLimit, offsetAt, readExactly, viewOf, type ElfRange } from './elf-bytes.ts';
import { ElfError } from './errors.ts';

interface Header {
  readonly type: number;
  readonly machine: number;
  readonly programHeaderOffset: number;
  readonly programHeaderSize: number;
  readonly programHeaderCount: number;
}

const headerSize = 64;
const programHeaderSize = 56;

export function* readHeader(): Generator<ElfRange, Header, Uint8Array> {
  const bytes = yield { offset: 0, length: headerSize };
  if (bytes.length < 4 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    throw new ElfError('not-elf', `not an ELF program${looksLike(bytes)}`);
  }
  if (bytes.length < headerSize) throw new ElfError('damaged', 'damaged ELF file: the header is cut short');
  if (bytes[4] !== 2)
    throw new ElfError('unsupported', 'a 32-bit ELF program; only 64-bit ones are supported');
  if (bytes[5] !== 1) {
    throw new ElfError('unsupported', 'a big-endian ELF program; only little-endian ones are supported');
  }
  const view = viewOf(bytes);
  const header = {
    type: view.getUint16(16, true),
    machine: view.getUint16(18, true),
    programHeaderOffset: offsetAt(view, 32),
    programHeaderSize: view.getUint16(54, true),
    programHeaderCount: view.getUint16(56, true),
  };
  if (header.programHeaderCount > 0 && header.programHeaderSize !== programHeaderSize) {
    throw new ElfError('damaged', `damaged ELF file: program headers of ${header.programHeaderSize} bytes`);
  }
  return header;
}

export interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

export const segmentType = { load: 1, dynamic: 2, interpreter: 3 };

export function* readSegments(header: Header): Generator<ElfRange, Segment[], Uint8Array> {
  const { programHeaderOffset: offset, programHeaderSize: stride, programHeaderCount: count } = header;
  if (count === 0) return [];
  checkLimit('programHeaderBytes', stride * count, 'bytes of program headers');
  const view = viewOf(yield* readExactly(offset, stride * count, 'program headers'));
  return Array.from({ length: count }, (_, index) => {
    const at = index * stride;
    return {
      type: view.getUint32(at, true),
      offset: offsetAt(view, at + 8),
      address: offsetAt(view, at + 16),
      size: offsetAt(view, at + 32),
    };
  });
}

function looksLike(bytes: Uint8Array): string {
  if (bytes.length === 0) return ': the file is empty';
  if (bytes[0] === 0x23 && bytes[1] === 0x21) return ': it is a script (#!)';
  if (bytes[0] === 0x4d && bytes[1] === 0x5a) return ': it is a Windows program';
  const magic = bytes.length < 4 ? 0 : viewOf(bytes).getUint32(0);
  return [0xcffaedfe, 0xcafebabe, 0xfeedfacf].includes(magic) ? ': it is a macOS program' : '';
}
