/**
 * Cuts a byte stream into lines. Pure; memory stays bounded, whatever arrives.
 */

export interface Line {
  /** The line without its line feed (and without a carriage return before it). */
  readonly bytes: Buffer;
  /**
   * `whole`: a complete line. `piece`: part of a line that is longer than the limit. `rest`: what followed the last
   * line feed at the end of the stream.
   */
  readonly kind: 'whole' | 'piece' | 'rest';
}

const mostHeldPieces = 256;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

export class LineSplitter {
  readonly #limit: number;
  #held: Buffer[] = [];
  #heldLength = 0;
  #inLongLine = false;

  /** @param limit the longest line in bytes; a longer one comes in pieces of that length */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns the lines that this chunk completes. */
  push(chunk: Uint8Array): Line[] {
    const lines: Line[] = [];
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    while (rest.length > 0) {
      const end = rest.indexOf(lineFeed);
      const room = this.#limit - this.#heldLength;
      if (end >= 0 && end <= room) {
        lines.push(this.#take(rest.subarray(0, end), this.#inLongLine ? 'piece' : 'whole'));
        this.#inLongLine = false;
        rest = rest.subarray(end + 1);
      } else if (rest.length > room) {
        lines.push(this.#take(rest.subarray(0, room), 'piece'));
        this.#inLongLine = true;
        rest = rest.subarray(room);
      } else {
        // The rest is copied: a slice would keep the whole chunk in memory for as long as the line is incomplete.
        this.#held.push(Buffer.from(rest));
        this.#heldLength += rest.length;
        // A program may write one byte at a time, and each of them would cost a hundred bytes here.
        if (this.#held.length >= mostHeldPieces) this.#held = [Buffer.concat(this.#held)];
        break;
      }
    }
    return lines;
  }

  /** Returns what is left when the stream has ended: at most one line, which had no line feed. */
  end(): Line[] {
    if (this.#heldLength === 0) return [];
    return [this.#take(Buffer.alloc(0), this.#inLongLine ? 'piece' : 'rest')];
  }

  #take(last: Buffer, kind: Line['kind']): Line {
    const bytes = this.#held.length === 0 ? last : Buffer.concat([...this.#held, last]);
    this.#held = [];
    this.#heldLength = 0;
    const trim = kind === 'whole' && bytes.at(-1) === carriageReturn;
    return { bytes: trim ? bytes.subarray(0, -1) : bytes, kind };
  }
}
