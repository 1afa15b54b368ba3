import { elfOutlineParser, elfParser, type ElfOutline } from '../../program/elf.ts';
import { ElfError } from '../../program/errors.ts';
import type { GoBuildInfo } from '../../program/go-build-info.ts';
import { GoBuildInfoSearch } from './go-search.ts';
import { ProgramRanges, RangeParser } from './program-ranges.ts';

/** Longest first line of a script that the kernel reads, in bytes (BINPRM_BUF_SIZE). */
const scriptLine = 256;

export interface ScannedProgram {
  readonly kind: 'elf' | 'script' | 'other';
  readonly outline?: ElfOutline | undefined;
  /** Names of the shared libraries; absent where the kept pieces do not hold them. */
  readonly needed?: readonly string[] | undefined;
  readonly go?: GoBuildInfo | undefined;
  /** Interpreter of a script. */
  readonly interpreter?: string | undefined;
  /** Why nothing can be said about the program: the limit that it exceeds. */
  readonly beyond?: string | undefined;
}

/** Reads a program as it passes by, and keeps the pieces that tell something: its head, its dynamic section, Go's build info. */
export class ProgramScan {
  readonly #ranges = new ProgramRanges();
  readonly #outline = new RangeParser(elfOutlineParser());
  readonly #whole = new RangeParser(elfParser());
  readonly #go = new GoBuildInfoSearch();

  push(chunk: Uint8Array): void {
    this.#ranges.push(chunk);
    this.#advance();
    this.#go.push(chunk);
  }

  end(): ScannedProgram {
    this.#ranges.end();
    this.#go.end();
    this.#advance();
    const head = this.#ranges.head(scriptLine);
    if (head[0] === 0x23 && head[1] === 0x21) {
      const line = new TextDecoder().decode(head).split('\n', 1)[0] ?? '';
      return { kind: 'script', interpreter: /^#!\s*(\S+)/.exec(line)?.[1] };
    }
    const outline = this.#outline.value;
    const beyond = limitOf(this.#outline) ?? limitOf(this.#whole) ?? this.#go.beyond;
    if (this.#outline.failure === 'gone') {
      return { kind: 'elf', beyond: "its headers lie where this scan can't read them" };
    }
    if (outline === undefined) {
      return limitOf(this.#outline) === undefined ? { kind: 'other' } : { kind: 'elf', beyond };
    }
    const needed = outline.dynamic === undefined ? undefined : this.#whole.value?.needed;
    return { kind: 'elf', outline, needed, go: this.#go.found, beyond };
  }

  #advance(): void {
    // The whole goes first, because the outline asks for the same ranges again.
    this.#whole.advance(this.#ranges);
    this.#outline.advance(this.#ranges);
  }
}

function limitOf({ failure }: RangeParser<unknown>): string | undefined {
  return failure instanceof ElfError && failure.reason === 'limit' ? failure.message : undefined;
}
