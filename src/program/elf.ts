/**
 * Reads what a launch depends on from an ELF program: machine, loader, needed libraries and where they are looked up.
 *
 * The parser does no I/O. It asks for ranges of the file and is resumed with their bytes, so that the same code reads a
 * few hundred bytes of a 100 MB program on disk (`readElf`) and a program that is already in memory (`parseElf`). The
 * numbers are those of the System V ABI's ELF-64 object file format.
 */
import { architectureOfElf } from './architecture.ts';
import {
  checkedRange,
  checkLimit,
  numberAt,
  readExactly,
  textUpToZero,
  viewOf,
  type ElfRange,
} from './elf-bytes.ts';
import { readHeader, readSegments, segmentType, type Segment } from './elf-header.ts';
import { ElfError } from './errors.ts';

export type { ElfRange } from './elf-bytes.ts';

export interface ElfFile {
  /** Architecture in the words of image configurations (`amd64`, `arm64`), or `unknown-<e_machine>`. */
  readonly machine: string;
  /** Type of the file. `shared` includes position-independent programs. */
  readonly type: 'relocatable' | 'executable' | 'shared' | 'core' | 'other';
  /** Path of the loader. Absent: the program is static and runs without any other file. */
  readonly interpreter: string | undefined;
  /** Names of the libraries that it needs, in order (DT_NEEDED). */
  readonly needed: readonly string[];
  /** Folders of DT_RPATH: searched first, also for the libraries' own libraries. May hold `$ORIGIN`. */
  readonly rpath: readonly string[];
  /** Folders of DT_RUNPATH: searched for its own libraries only. May hold `$ORIGIN`. */
  readonly runpath: readonly string[];
}

/** The parser as a coroutine: yields the range it needs next, is resumed with those bytes, returns what it found. */
export type ElfParser = Generator<ElfRange, ElfFile, Uint8Array>;

/**
 * Parses a program held in memory.
 *
 * @throws {ElfError} when it is not a 64-bit little-endian ELF file, or is damaged
 */
export function parseElf(bytes: Uint8Array): ElfFile {
  const parser = elfParser();
  let step = parser.next();
  while (step.done !== true) {
    const { offset, length } = step.value;
    step = parser.next(bytes.subarray(offset, offset + length));
  }
  return step.value;
}

/** What the first few kilobytes of a program tell about it. */
export interface ElfOutline {
  readonly machine: string;
  readonly interpreter: string | undefined;
  /** Where its dynamic section is in the file; absent in a static program. */
  readonly dynamic: ElfRange | undefined;
}

/** Parses what is at the beginning of the file. */
export function* elfOutlineParser(): Generator<ElfRange, ElfOutline, Uint8Array> {
  const header = yield* readHeader();
  const segments = yield* readSegments(header);
  const dynamic = segments.find(({ type }) => type === segmentType.dynamic);
  return {
    machine: architectureOfElf(header.machine),
    interpreter: yield* readInterpreter(segments),
    dynamic: dynamic && { offset: dynamic.offset, length: dynamic.size },
  };
}

export function* elfParser(): ElfParser {
  const header = yield* readHeader();
  const segments = yield* readSegments(header);
  const dynamic = yield* readDynamic(segments);
  const strings = new Strings(stringTable(dynamic, segments));
  return {
    machine: architectureOfElf(header.machine),
    type: fileTypes[header.type] ?? 'other',
    interpreter: yield* readInterpreter(segments),
    needed: yield* strings.read(valuesOf(dynamic, tag.needed)),
    rpath: folders(yield* strings.read(valuesOf(dynamic, tag.rpath))),
    runpath: folders(yield* strings.read(valuesOf(dynamic, tag.runpath))),
  };
}

/** Longest string that is read: the kernel accepts no path longer than PATH_MAX. */
const longestString = 4096;

const dynamicEntrySize = 16;

const fileTypes: Readonly<Record<number, ElfFile['type']>> = {
  1: 'relocatable',
  2: 'executable',
  3: 'shared',
  4: 'core',
};

function* readInterpreter(segments: readonly Segment[]): Generator<ElfRange, string | undefined, Uint8Array> {
  const segment = segments.find(({ type }) => type === segmentType.interpreter);
  if (segment === undefined) return undefined;
  if (segment.size > longestString)
    throw new ElfError('damaged', 'damaged ELF file: the path of the loader is too long');
  return textUpToZero(
    yield* readExactly(segment.offset, segment.size, 'path of the loader'),
    'path of the loader',
  );
}

interface DynamicEntry {
  readonly tag: number;
  readonly value: number;
}

const tag = { null: 0, needed: 1, stringTable: 5, stringTableSize: 10, rpath: 15, runpath: 29 };

function* readDynamic(segments: readonly Segment[]): Generator<ElfRange, DynamicEntry[], Uint8Array> {
  const segment = segments.find(({ type }) => type === segmentType.dynamic);
  if (segment === undefined) return [];
  const count = Math.floor(segment.size / dynamicEntrySize);
  checkLimit('dynamicBytes', segment.size, 'bytes of dynamic section');
  const view = viewOf(yield* readExactly(segment.offset, count * dynamicEntrySize, 'dynamic section'));
  const entries: DynamicEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    const entry = {
      tag: numberAt(view, index * dynamicEntrySize),
      value: numberAt(view, index * dynamicEntrySize + 8),
    };
    if (entry.tag === tag.null) break;
    entries.push(entry);
  }
  return entries;
}

function valuesOf(dynamic: readonly DynamicEntry[], wanted: number): number[] {
  return dynamic.filter((entry) => entry.tag === wanted).map((entry) => entry.value);
}

/** Finds the strings in the file: the dynamic section gives an address in memory, and the load segments map it. */
function stringTable(dynamic: readonly DynamicEntry[], segments: readonly Segment[]): ElfRange | undefined {
  const address = valuesOf(dynamic, tag.stringTable)[0];
  const length = valuesOf(dynamic, tag.stringTableSize)[0];
  if (address === undefined || length === undefined) return undefined;
  const segment = segments.find(
    ({ type, address: start, size }) =>
      type === segmentType.load && address >= start && address < start + size,
  );
  return segment && { offset: segment.offset + (address - segment.address), length };
}

/**
 * The names in a string table. They are counted together, because one file can name the same long text any number of
 * times.
 */
class Strings {
  readonly #table: ElfRange | undefined;
  #names = 0;
  #bytes = 0;

  constructor(table: ElfRange | undefined) {
    this.#table = table;
  }

  *read(positions: readonly number[]): Generator<ElfRange, string[], Uint8Array> {
    this.#names += positions.length;
    checkLimit('libraries', this.#names, 'names of libraries and folders');
    const table = this.#table;
    const strings: string[] = [];
    for (const position of positions) {
      if (table === undefined || position >= table.length) {
        throw new ElfError('damaged', 'damaged ELF file: a name lies outside the string table');
      }
      const length = Math.min(longestString, table.length - position);
      const name = textUpToZero(yield checkedRange(table.offset + position, length), 'name of a library');
      this.#bytes += name.length;
      checkLimit('libraryNameBytes', this.#bytes, 'bytes of names of libraries');
      strings.push(name);
    }
    return strings;
  }
}

function folders(lists: readonly string[]): string[] {
  return lists.flatMap((list) => list.split(':')).filter((folder) => folder !== '');
}
