/**
 * Writes frames one behind the other into larger pieces of memory, so that all frames of a turn are sent in one write. Does
 * no I/O.
 */
import { flag, frameHeaderLength, frameType } from './protocol.ts';
import { takeMemory, writeMemoryLength } from './write-memory.ts';

/** Pieces become larger with what is written: most connections of a broker carry little. */
const firstPiece = 4 * 1024;
const largestPiece = 64 * 1024;
/** From this length on, data are not copied into such pieces: that would make garbage. */
const longestCopied = 4 * 1024;

export class FrameWriter {
  #piece: Buffer = Buffer.alloc(0);
  #start = 0;
  #at = 0;
  /** What did not fit into the piece any more. */
  #full: Buffer[] = [];
  #length = 0;
  #nextPiece = firstPiece;
  /** Memory that is used again, and the piece that is written to when it has been taken. */
  #borrowed: Buffer | undefined;
  #usual: { readonly piece: Buffer; readonly at: number } | undefined;

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#length;
  }

  /** Returns everything that was written since the last time, in as few pieces as it is in. */
  take(): readonly Buffer[] {
    const pieces = this.#full;
    this.#cut();
    this.#full = [];
    this.#length = 0;
    if (this.#usual) {
      this.#piece = this.#usual.piece;
      this.#start = this.#at = this.#usual.at;
      this.#usual = undefined;
    }
    return pieces;
  }

  /** Returns the memory that the pieces which were taken last are views of, for `giveBack`. */
  takeBorrowed(): Buffer | undefined {
    const borrowed = this.#borrowed;
    this.#borrowed = undefined;
    return borrowed;
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#piece.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** One HEADERS frame, and CONTINUATION frames for what does not fit into it. */
  headers(streamId: number, block: Buffer, endStream: boolean, maxFrameSize: number): void {
    const end = endStream ? flag.endStream : 0;
    if (block.length <= maxFrameSize) {
      this.#frame(frameType.headers, end | flag.endHeaders, streamId, block.length);
      this.#copy(block, 0, block.length);
      return;
    }
    for (let at = 0; at < block.length; at += maxFrameSize) {
      const to = Math.min(block.length, at + maxFrameSize);
      const type = at === 0 ? frameType.headers : frameType.continuation;
      const flags = (at === 0 ? end : 0) | (to === block.length ? flag.endHeaders : 0);
      this.#frame(type, flags, streamId, to - at);
      this.#copy(block, at, to);
    }
  }

  /** @param from, to the part of `bytes` to send. Long parts are not copied, and must not change afterwards */
  data(streamId: number, bytes: Uint8Array, from: number, to: number, endStream: boolean): void {
    const flags = endStream ? flag.endStream : 0;
    if (to - from < longestCopied) {
      this.#frame(frameType.data, flags, streamId, to - from);
      this.#copy(bytes, from, to);
      return;
    }
    this.#frame(frameType.data, flags, streamId, to - from, 0);
    this.#cut();
    this.#full.push(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from));
    this.#length += to - from;
  }

  /** As `data`, but long parts are copied too, into memory that is used again: see `takeBorrowed`. */
  copiedData(streamId: number, bytes: Uint8Array, from: number, to: number, endStream: boolean): void {
    const length = frameHeaderLength + to - from;
    if (length >= longestCopied) this.#borrow(length);
    this.#frame(frameType.data, endStream ? flag.endStream : 0, streamId, to - from);
    this.#copy(bytes, from, to);
  }

  settings(entries: readonly (readonly [id: number, value: number])[]): void {
    this.#frame(frameType.settings, 0, 0, entries.length * 6);
    for (const [id, value] of entries) {
      this.#at = this.#piece.writeUInt16BE(id, this.#at);
      this.#at = this.#piece.writeUInt32BE(value, this.#at);
    }
  }

  settingsAck(): void {
    this.#frame(frameType.settings, flag.ack, 0, 0);
  }

  pingAck(payload: Uint8Array): void {
    this.#frame(frameType.ping, flag.ack, 0, payload.length);
    this.#copy(payload, 0, payload.length);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.#frame(frameType.windowUpdate, 0, streamId, 4);
    this.#at = this.#piece.writeUInt32BE(increment, this.#at);
  }

  rstStream(streamId: number, code: number): void {
    this.#frame(frameType.rstStream, 0, streamId, 4);
    this.#at = this.#piece.writeUInt32BE(code, this.#at);
  }

  goAway(lastStreamId: number, code: number, text: string): void {
    const debug = Buffer.from(text, 'utf8');
    this.#frame(frameType.goAway, 0, 0, 8 + debug.length);
    this.#at = this.#piece.writeUInt32BE(lastStreamId, this.#at);
    this.#at = this.#piece.writeUInt32BE(code, this.#at);
    this.#copy(debug, 0, debug.length);
  }

  /** Writes the header, and makes room for what of the payload is copied too. */
  #frame(type: number, flags: number, streamId: number, length: number, copied = length): void {
    this.#room(frameHeaderLength + copied);
    const piece = this.#piece;
    const at = this.#at;
    piece[at] = length >>> 16;
    piece[at + 1] = length >>> 8;
    piece[at + 2] = length;
    piece[at + 3] = type;
    piece[at + 4] = flags;
    piece[at + 5] = streamId >>> 24;
    piece[at + 6] = streamId >>> 16;
    piece[at + 7] = streamId >>> 8;
    piece[at + 8] = streamId;
    this.#at = at + frameHeaderLength;
  }

  /** Copies into room that is there already. */
  #copy(bytes: Uint8Array, from: number, to: number): void {
    if (from === 0 && to === bytes.length) this.#piece.set(bytes, this.#at);
    else this.#piece.set(bytes.subarray(from, to), this.#at);
    this.#at += to - from;
  }

  #room(length: number): void {
    this.#length += length;
    if (this.#piece.length - this.#at >= length) return;
    this.#cut();
    // Pieces are not used again: what was taken may still wait in a socket.
    this.#piece = Buffer.allocUnsafeSlow(Math.max(this.#nextPiece, length));
    this.#nextPiece = Math.min(largestPiece, 2 * this.#nextPiece);
    this.#start = 0;
    this.#at = 0;
  }

  /** Goes on in memory that is used again, if there is none yet. What waits moves there, so that all is one piece. */
  #borrow(length: number): void {
    const waits = this.#at - this.#start;
    if (this.#borrowed || this.#full.length > 0 || waits + length > writeMemoryLength) return;
    const memory = takeMemory();
    this.#piece.copy(memory, 0, this.#start, this.#at);
    this.#usual = { piece: this.#piece, at: this.#start };
    this.#borrowed = memory;
    this.#piece = memory;
    this.#start = 0;
    this.#at = waits;
  }

  /** What was written up to here is a piece of its own. */
  #cut(): void {
    if (this.#at > this.#start) this.#full.push(this.#piece.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }
}
