/** yamux's frames (hashicorp/yamux: spec.md, const.go). Pure: bytes in, headers and payloads out. */
import { YamuxError } from './errors.ts';

export const frameType = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const;
export const flag = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;
export const goAwayCode = { normal: 0, protocolError: 1, internalError: 2 } as const;

/** Bytes of credit of a new stream in each direction, and also the most that a receiver holds for one stream. */
export const initialWindow = 256 * 1024;
export const headerLength = 12;
const protocolVersion = 0;

export interface FrameHeader {
  readonly type: number;
  readonly flags: number;
  /** 0 for frames about the connection itself. */
  readonly streamId: number;
  /** Data: length of the payload. Window update: credit. Ping: its id. Go away: the code. */
  readonly length: number;
}

export function encodeHeader(
  { type, flags, streamId, length }: FrameHeader,
  into: Buffer = Buffer.allocUnsafe(headerLength),
): Buffer {
  into[0] = protocolVersion;
  into[1] = type;
  into.writeUInt16BE(flags, 2);
  into.writeUInt32BE(streamId, 4);
  into.writeUInt32BE(length, 8);
  return into;
}

/** @throws YamuxError for another version or an unknown type */
function decodeHeader(bytes: Buffer): FrameHeader {
  const type = bytes.readUInt8(1);
  if (bytes[0] !== protocolVersion) throw new YamuxError(`a frame of version ${bytes.readUInt8(0)}`);
  if (type > frameType.goAway) throw new YamuxError(`a frame of the unknown type ${type}`);
  return {
    type,
    flags: bytes.readUInt16BE(2),
    streamId: bytes.readUInt32BE(4),
    length: bytes.readUInt32BE(8),
  };
}

export interface FrameListener {
  /** Called when a frame begins. What it throws goes to the caller of `push`. */
  header(header: FrameHeader): void;
  /**
   * Called with a piece of a data frame's payload. `last` is set with the piece that ends it, which is empty when the
   * frame is.
   */
  payload(header: FrameHeader, piece: Buffer, last: boolean): void;
}

/** Finds the frames in a stream of bytes, however it is cut. Payloads are passed on as they arrive and never kept. */
export class FrameReader {
  readonly #listener: FrameListener;
  readonly #partial = Buffer.alloc(headerLength);
  #partialLength = 0;
  #frame: FrameHeader | undefined;
  #missing = 0;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  /** @throws YamuxError for bytes that are no frame, and what the listener throws; then nothing more may be pushed */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length)
      at = this.#frame ? this.#readPayload(this.#frame, chunk, at) : this.#readHeader(chunk, at);
  }

  #readHeader(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + headerLength - this.#partialLength);
    if (this.#partialLength === 0 && end - at === headerLength) {
      this.#begin(decodeHeader(chunk.subarray(at, end)));
      return end;
    }
    chunk.copy(this.#partial, this.#partialLength, at, end);
    this.#partialLength += end - at;
    if (this.#partialLength === headerLength) {
      this.#partialLength = 0;
      this.#begin(decodeHeader(this.#partial));
    }
    return end;
  }

  #begin(header: FrameHeader): void {
    this.#listener.header(header);
    if (header.type !== frameType.data) return;
    if (header.length === 0) {
      this.#listener.payload(header, Buffer.alloc(0), true);
      return;
    }
    this.#frame = header;
    this.#missing = header.length;
  }

  #readPayload(frame: FrameHeader, chunk: Buffer, at: number): number {
    const piece = chunk.subarray(at, at + this.#missing);
    this.#missing -= piece.length;
    const last = this.#missing === 0;
    if (last) this.#frame = undefined;
    this.#listener.payload(frame, piece, last);
    return at + piece.length;
  }
}
