import { ElfError } from '../../program/errors.ts';
import type { ElfRange } from '../../program/elf.ts';

/**
 * Bytes of a program that are kept from its beginning. For most programs they hold all that is asked for; what follows
 * them is kept if it was asked for in time.
 */
const keptHead = 8 << 20;

/**
 * The answer for a range of a program that passes by: its bytes, or that they are still to come, or that they are gone.
 */
type Answer = Uint8Array | 'later' | 'gone';

/** A range that was asked for before it came by. */
interface Capture {
  readonly offset: number;
  readonly bytes: Buffer;
  filled: number;
}

/** Keeps the head of a program that passes by, and the ranges after it that are asked for before they come. */
export class ProgramRanges {
  #head = Buffer.alloc(0);
  #length = 0;
  readonly #captures: Capture[] = [];
  #ended = false;

  push(chunk: Uint8Array): void {
    const offset = this.#length;
    this.#length += chunk.length;
    if (offset < keptHead) this.#keep(chunk.subarray(0, keptHead - offset), offset);
    for (const capture of this.#captures) {
      const at = capture.offset + capture.filled;
      const part = chunk.subarray(
        Math.max(0, at - offset),
        Math.max(0, capture.offset + capture.bytes.length - offset),
      );
      if (at < this.#length && capture.filled < capture.bytes.length) {
        capture.bytes.set(part, capture.filled);
        capture.filled += part.length;
      }
    }
  }

  end(): void {
    this.#ended = true;
  }

  /** Returns the first bytes of the program. */
  head(length: number): Uint8Array {
    return this.#kept().subarray(0, length);
  }

  /** Returns the bytes of a range; at the end of the program fewer, as many as there are. */
  read({ offset, length }: ElfRange): Answer {
    const end = offset + length;
    const kept = this.#kept();
    if (end <= kept.length) return kept.subarray(offset, end);
    const capture = this.#captures.find(
      (one) => one.offset <= offset && end <= one.offset + one.bytes.length,
    );
    if (capture !== undefined) {
      if (capture.filled < capture.bytes.length && !this.#ended) return 'later';
      return capture.bytes.subarray(offset - capture.offset, Math.min(end - capture.offset, capture.filled));
    }
    if (this.#ended) return kept.length === this.#length ? kept.subarray(offset, end) : 'gone';
    return this.#capture(offset, length) ? 'later' : 'gone';
  }

  #capture(offset: number, length: number): boolean {
    const kept = this.#kept();
    if (offset < this.#length && kept.length < this.#length) return false;
    const capture = { offset, bytes: Buffer.alloc(length), filled: 0 };
    if (offset < kept.length) capture.filled = kept.copy(capture.bytes, 0, offset);
    this.#captures.push(capture);
    return true;
  }

  #kept(): Buffer {
    return this.#head.subarray(0, Math.min(this.#length, keptHead));
  }

  #keep(chunk: Uint8Array, offset: number): void {
    const needed = offset + chunk.length;
    if (needed > this.#head.length) {
      const larger = Buffer.alloc(Math.min(keptHead, Math.max(needed, 2 * this.#head.length, 64 * 1024)));
      this.#head.copy(larger);
      this.#head = larger;
    }
    this.#head.set(chunk, offset);
  }
}

/** Runs a parser that asks for ranges, and resumes it as they come by. */
export class RangeParser<T> {
  readonly #parser: Generator<ElfRange, T, Uint8Array>;
  #step: IteratorResult<ElfRange, T> | undefined;
  /** Set when the parser ended without a value. */
  failure: ElfError | 'gone' | undefined;

  constructor(parser: Generator<ElfRange, T, Uint8Array>) {
    this.#parser = parser;
  }

  get value(): T | undefined {
    return this.#step?.done === true ? this.#step.value : undefined;
  }

  /** Goes on as far as the available ranges allow. */
  advance(ranges: ProgramRanges): void {
    if (this.failure !== undefined) return;
    try {
      this.#step ??= this.#parser.next();
      while (this.#step.done !== true) {
        const bytes = ranges.read(this.#step.value);
        if (bytes === 'later') return;
        if (bytes === 'gone') {
          this.failure = 'gone';
          return;
        }
        this.#step = this.#parser.next(bytes);
      }
    } catch (error) {
      if (!(error instanceof ElfError)) throw error;
      this.failure = error;
    }
  }
}
