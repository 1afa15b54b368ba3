import {
  elfOutlineParser,
  elfParser,
  type ElfFile,
  type ElfOutline,
  type ElfRange,
} from '../../program/elf.ts';
import { ElfError } from '../../program/errors.ts';
import {
  goBuildInfoMagic,
  longestGoBuildInfo,
  parseGoBuildInfo,
  type GoBuildInfo,
} from '../../program/go-build-info.ts';

/** Where the loader's path and the names of libraries are in all programs but the largest. */
const keptHead = 8 << 20;
/** Longest first line of a script that the kernel reads (BINPRM_BUF_SIZE). */
const scriptLine = 256;

export interface ScannedProgram {
  readonly kind: 'elf' | 'script' | 'other';
  readonly outline?: ElfOutline | undefined;
  /** Names of the shared libraries; absent where the kept pieces do not tell. */
  readonly needed?: readonly string[] | undefined;
  readonly go?: GoBuildInfo | undefined;
  /** Of a script. */
  readonly interpreter?: string | undefined;
}

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Reads a program as it passes by, and keeps the pieces that tell something: its head, its dynamic section, Go's build info. */
export class ProgramScan {
  readonly #pieces: Piece[] = [];
  #length = 0;
  #outline: ElfOutline | undefined;
  #outlineTried = false;
  /** The end of the last chunk: the magic text may begin in it. */
  #carried: Uint8Array = new Uint8Array();
  #go: GoBuildInfo | undefined;
  /** All from the first place on that may be build info which goes on in the next chunk. */
  #pending: Uint8Array | undefined;

  push(chunk: Uint8Array): void {
    const offset = this.#length;
    this.#length += chunk.length;
    if (offset < keptHead) this.#keep(offset, chunk);
    this.#lookAtHead();
    const dynamic = this.#outline?.dynamic;
    if (dynamic !== undefined && offset >= keptHead && overlaps(dynamic, offset, chunk.length))
      this.#keep(offset, chunk);
    if (this.#go === undefined) this.#searchGo(chunk);
  }

  end(): ScannedProgram {
    this.#lookAtHead(true);
    const head = this.#range({ offset: 0, length: scriptLine }, true) ?? new Uint8Array();
    if (head[0] === 0x23 && head[1] === 0x21) {
      const line = new TextDecoder().decode(head).split('\n', 1)[0] ?? '';
      return { kind: 'script', interpreter: /^#!\s*(\S+)/.exec(line)?.[1] };
    }
    if (this.#outline === undefined) return { kind: 'other' };
    return { kind: 'elf', outline: this.#outline, needed: this.#whole()?.needed, go: this.#go };
  }

  #keep(offset: number, chunk: Uint8Array): void {
    this.#pieces.push({ offset, bytes: Buffer.from(chunk) });
  }

  /** Once, when enough of the file is there. */
  #lookAtHead(last = false): void {
    if (this.#outlineTried || (this.#length < 64 * 1024 && !last)) return;
    this.#outlineTried = true;
    this.#outline = this.#parse(elfOutlineParser());
  }

  #whole(): ElfFile | undefined {
    return this.#outline?.dynamic === undefined ? undefined : this.#parse(elfParser());
  }

  #parse<T>(parser: Generator<ElfRange, T, Uint8Array>): T | undefined {
    try {
      let step = parser.next();
      while (step.done !== true) {
        const bytes = this.#range(step.value, true);
        if (bytes === undefined) return undefined;
        step = parser.next(bytes);
      }
      return step.value;
    } catch (error) {
      if (error instanceof ElfError) return undefined;
      throw error;
    }
  }

  /** Bytes of the file, where they were kept. `shorter`: as many of them as there are before a gap or the end. */
  #range({ offset, length }: ElfRange, shorter: boolean): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    let at = offset;
    for (const piece of this.#pieces) {
      if (at < piece.offset || at >= piece.offset + piece.bytes.length) continue;
      const part = piece.bytes.subarray(at - piece.offset, offset + length - piece.offset);
      parts.push(part);
      at += part.length;
      if (at >= offset + length) break;
    }
    if (at === offset && length > 0) return undefined;
    return shorter || at === offset + length ? Buffer.concat(parts) : undefined;
  }

  /** A chunk is searched where it is; only what may go on in the next one is copied. */
  #searchGo(chunk: Uint8Array): void {
    const before = this.#pending ?? this.#carried;
    const seam = Buffer.concat([before, chunk.subarray(0, goBuildInfoMagic.length)]);
    const isSplit = this.#pending !== undefined || seam.includes(goBuildInfoMagic);
    const bytes = isSplit ? Buffer.concat([before, chunk]) : viewOf(chunk);
    this.#pending = undefined;
    for (let at = bytes.indexOf(goBuildInfoMagic); at !== -1; at = bytes.indexOf(goBuildInfoMagic, at + 1)) {
      const candidate = bytes.subarray(at, at + longestGoBuildInfo);
      this.#go = parseGoBuildInfo(candidate);
      if (this.#go !== undefined) return;
      if (candidate.length < longestGoBuildInfo && looksInline(candidate)) {
        this.#pending ??= Buffer.from(bytes.subarray(at));
      }
    }
    const end = isSplit || bytes.length >= goBuildInfoMagic.length ? bytes : Buffer.concat([before, bytes]);
    this.#carried = Buffer.from(end.subarray(Math.max(0, end.length - goBuildInfoMagic.length)));
  }
}

/** Pointer size and flags of Go 1.18 and later; a chunk may end before them. */
function looksInline(candidate: Uint8Array): boolean {
  const flags = candidate[goBuildInfoMagic.length + 1];
  return flags === undefined || flags === 2 || flags === 3;
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function overlaps({ offset, length }: ElfRange, start: number, size: number): boolean {
  return offset < start + size && start < offset + length;
}
