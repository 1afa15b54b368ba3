/** Finds frames in a stream of bytes, however it is cut (RFC 9113, section 4.1). Does no I/O. */
import { ConnectionFault } from './errors.ts';
import { defaultMaxFrameSize, errorCode, flag, frameHeaderLength, frameType } from './protocol.ts';

/** What is told of the frames. All buffers are views that are valid only during the call. */
export interface FrameSink {
  /** A frame of any type but DATA. */
  frame(type: number, flags: number, streamId: number, payload: Buffer): void;
  /** A DATA frame begins. `length` is what counts for flow control. Its data follow in pieces. */
  dataBegins(streamId: number, length: number): void;
  dataPiece(piece: Buffer): void;
  /** @param length what `dataBegins` was told */
  dataEnds(flags: number, length: number): void;
}

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #head = Buffer.alloc(frameHeaderLength);
  #headFilled = 0;
  /** The frame whose payload is being received. */
  #inside = false;
  #type = 0;
  #flags = 0;
  #streamId = 0;
  #length = 0;
  /** The payload, of a frame that arrives in several pieces and is no DATA. */
  #partial: Buffer | undefined;
  #filled = 0;
  /** Of a DATA frame: bytes that have yet to come of the data, and of the padding; -1 while its length is unknown. */
  #dataLeft = 0;
  #paddingLeft = 0;
  #stopped = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Ignores what else arrives. */
  stop(): void {
    this.#stopped = true;
    this.#partial = undefined;
  }

  /** @throws ConnectionFault for a frame that is too long, or has wrong padding; and what the sink throws */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      at = this.#inside ? this.#payload(chunk, at) : this.#header(chunk, at);
    }
  }

  #header(chunk: Buffer, start: number): number {
    let head = chunk;
    let from = start;
    let at: number;
    if (this.#headFilled === 0 && chunk.length - start >= frameHeaderLength) {
      at = start + frameHeaderLength;
    } else {
      head = this.#head;
      from = 0;
      at = start + chunk.copy(head, this.#headFilled, start, start + frameHeaderLength - this.#headFilled);
      this.#headFilled += at - start;
      if (this.#headFilled < frameHeaderLength) return at;
      this.#headFilled = 0;
    }
    this.#length = head.readUIntBE(from, 3);
    this.#type = head[from + 3] ?? 0;
    this.#flags = head[from + 4] ?? 0;
    this.#streamId = head.readUInt32BE(from + 5) & 0x7fff_ffff;
    if (this.#length > defaultMaxFrameSize) {
      throw new ConnectionFault(
        errorCode.frameSizeError,
        `a frame of ${this.#length} bytes, and ${defaultMaxFrameSize} are allowed`,
      );
    }
    return this.#type === frameType.data ? this.#beginData(at) : this.#begin(chunk, at);
  }

  #begin(chunk: Buffer, at: number): number {
    const end = at + this.#length;
    if (end <= chunk.length) {
      this.#sink.frame(this.#type, this.#flags, this.#streamId, chunk.subarray(at, end));
      return end;
    }
    this.#inside = true;
    this.#partial = Buffer.allocUnsafe(this.#length);
    this.#filled = 0;
    return at;
  }

  #payload(chunk: Buffer, at: number): number {
    if (this.#type === frameType.data) return this.#data(chunk, at);
    const partial = this.#partial ?? Buffer.alloc(0);
    const copied = chunk.copy(partial, this.#filled, at, at + this.#length - this.#filled);
    this.#filled += copied;
    if (this.#filled === this.#length) {
      this.#inside = false;
      this.#partial = undefined;
      this.#sink.frame(this.#type, this.#flags, this.#streamId, partial);
    }
    return at + copied;
  }

  #beginData(at: number): number {
    this.#sink.dataBegins(this.#streamId, this.#length);
    const padded = (this.#flags & flag.padded) !== 0;
    if (padded && this.#length === 0) {
      throw new ConnectionFault(errorCode.frameSizeError, 'a padded frame without the length of its padding');
    }
    this.#inside = true;
    this.#dataLeft = padded ? -1 : this.#length;
    this.#paddingLeft = 0;
    if (this.#length === 0) this.#endData();
    return at;
  }

  #data(chunk: Buffer, start: number): number {
    let at = start;
    if (this.#dataLeft === -1) {
      const padding = chunk[at] ?? 0;
      at += 1;
      if (padding >= this.#length) {
        throw new ConnectionFault(errorCode.protocolError, 'a frame has more padding than bytes');
      }
      this.#paddingLeft = padding;
      this.#dataLeft = this.#length - 1 - padding;
    }
    if (this.#dataLeft > 0) {
      const end = Math.min(chunk.length, at + this.#dataLeft);
      if (end > at) this.#sink.dataPiece(chunk.subarray(at, end));
      this.#dataLeft -= end - at;
      at = end;
    }
    if (this.#dataLeft === 0) {
      const skipped = Math.min(this.#paddingLeft, chunk.length - at);
      this.#paddingLeft -= skipped;
      at += skipped;
      if (this.#paddingLeft === 0) this.#endData();
    }
    return at;
  }

  #endData(): void {
    this.#inside = false;
    this.#sink.dataEnds(this.#flags, this.#length);
  }
}
