/**
 * Keeps what an error needs of a byte stream, however long it is, in a fixed amount of memory: its first lines, the
 * first lines of the last crash report, and its end.
 */
import { crashBegin } from './cause.ts';
import { fromWholeCharacter, Tail, tailLength, withoutPem } from './tail.ts';

/** How many bytes of the beginning are kept, and of a crash report. */
const headLength = 1024;
const reportLength = 2048;
/** By so many bytes of a line it is known whether a crash report begins with it. */
const longestBegin = 80;
/** Length of the words about what is left out, at most. */
const longestMark = 60;
const lineFeed = 0x0a;

export class KeptOutput {
  readonly #tail = new Tail();
  readonly #head = new Beginning(headLength);
  #report: Beginning | undefined;
  #length = 0;
  /** The first bytes of the line that is being read, and where it begins. */
  #line: Buffer = Buffer.alloc(0);
  #lineStart = 0;
  #lineIsKnown = false;

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#head.push(bytes);
    this.#report?.push(bytes);
    this.#watchForReport(bytes);
    this.#tail.push(bytes);
    this.#length += bytes.length;
  }

  /** Returns the kept text, at most {@link tailLength} bytes of it, and says how many bytes are left out in between. */
  text(): string {
    const all = this.#tail.bytes();
    if (all.length === this.#length) return this.#tail.text();
    const head = this.#head.wholeLines();
    const report = this.#report?.wholeLines() ?? Buffer.alloc(0);
    const endWith = (room: number): Piece => {
      const bytes = all.subarray(Math.max(0, all.length - room));
      return { start: this.#length - bytes.length, bytes };
    };
    // The end is shorter by what is kept from before it.
    const room = tailLength - head.length - 2 * longestMark;
    const short = endWith(room - report.length);
    const start = this.#report?.start ?? this.#length;
    if (start >= short.start) return joined([{ start: 0, bytes: head }, endWith(room)]);
    return joined([{ start: 0, bytes: head }, { start, bytes: report }, short]);
  }

  /** Looks for the beginning of a crash report. It is kept from there; a later one replaces it. */
  #watchForReport(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(lineFeed, at);
      if (!this.#lineIsKnown) {
        if (this.#line.length === 0) this.#lineStart = this.#length + at;
        const to = Math.min(end < 0 ? bytes.length : end, at + longestBegin - this.#line.length);
        this.#line = Buffer.concat([this.#line, bytes.subarray(at, to)]);
        this.#lineIsKnown = end >= 0 || this.#line.length >= longestBegin;
        if (this.#lineIsKnown && crashBegin.test(this.#line.toString('latin1')))
          this.#begin(bytes.subarray(to));
      }
      if (end < 0) return;
      this.#line = Buffer.alloc(0);
      this.#lineIsKnown = false;
      at = end + 1;
    }
  }

  #begin(rest: Buffer): void {
    // What begins soon after another report is part of it, as the cause of an exception is.
    if (this.#report !== undefined && !this.#report.isFull) return;
    this.#report = new Beginning(reportLength, this.#lineStart);
    this.#report.push(this.#line);
    this.#report.push(rest);
  }
}

/** The first bytes of a stream, or of a part of it. */
class Beginning {
  readonly start: number;
  readonly #limit: number;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(limit: number, start = 0) {
    this.#limit = limit;
    this.start = start;
  }

  get isFull(): boolean {
    return this.#bytes.length >= this.#limit;
  }

  push(bytes: Buffer): void {
    if (this.isFull) return;
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(0, this.#limit - this.#bytes.length)]);
  }

  /** The lines that were kept whole: half a line could hold half a secret, which nobody would recognise. */
  wholeLines(): Buffer {
    return this.isFull ? this.#bytes.subarray(0, this.#bytes.lastIndexOf(lineFeed) + 1) : this.#bytes;
  }
}

interface Piece {
  readonly start: number;
  readonly bytes: Buffer;
}

/** Joins pieces in their order. What two of them have in common comes once; what is between them is counted. */
function joined(pieces: readonly Piece[]): string {
  let text = '';
  let reached = 0;
  for (const { start, bytes } of pieces) {
    const left = start - reached;
    if (left > 0) {
      const newLine = text === '' || text.endsWith('\n') ? '' : '\n';
      text += `${newLine}... ${left} bytes are left out here ...\n`;
    }
    const rest = bytes.subarray(Math.max(0, -left));
    text += withoutPem((left > 0 ? fromWholeCharacter(rest) : rest).toString('utf8'));
    reached = Math.max(reached, start + bytes.length);
  }
  return text;
}
