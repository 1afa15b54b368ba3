/** Puts header blocks together that come in several frames (RFC 9113, section 6.10). Does no I/O. */
import { ConnectionFault } from './errors.ts';
import { errorCode, flag, frameType } from './protocol.ts';

export interface WholeBlock {
  readonly streamId: number;
  readonly block: Buffer;
  readonly ended: boolean;
}

/** A block of the longest allowed length takes five frames, if all but the last are full. */
const mostFrames = 32;

export class HeaderAssembly {
  readonly #mostBytes: number;
  #parts: Buffer[] = [];
  #length = 0;
  #streamId = 0;
  #ended = false;

  /** @param mostBytes the longest block, as it is on the wire */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** True when the next frame has to continue a block. */
  get incomplete(): boolean {
    return this.#streamId !== 0;
  }

  /** Takes a HEADERS frame. @returns the block when it is whole. @throws ConnectionFault */
  begin(flags: number, streamId: number, payload: Buffer): WholeBlock | undefined {
    if (streamId === 0) throw new ConnectionFault(errorCode.protocolError, 'headers without a stream');
    const fragment = withoutPadding(flags, streamId, payload);
    const ended = (flags & flag.endStream) !== 0;
    if (flags & flag.endHeaders) return { streamId, block: fragment, ended };
    this.#streamId = streamId;
    this.#ended = ended;
    this.#add(fragment);
    return undefined;
  }

  /** Takes the frame that follows an incomplete block. @returns the block when it is whole. @throws ConnectionFault */
  next(type: number, flags: number, streamId: number, payload: Buffer): WholeBlock | undefined {
    if (type !== frameType.continuation || streamId !== this.#streamId) {
      throw new ConnectionFault(errorCode.protocolError, 'a header block is interrupted');
    }
    this.#add(payload);
    if (!(flags & flag.endHeaders)) return undefined;
    const block = Buffer.concat(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    this.#streamId = 0;
    return { streamId, block, ended: this.#ended };
  }

  #add(fragment: Buffer): void {
    this.#length += fragment.length;
    if (this.#length > this.#mostBytes || this.#parts.length >= mostFrames) {
      throw new ConnectionFault(
        errorCode.enhanceYourCalm,
        'a header block is too long, or in too many frames',
      );
    }
    // The frame is a view of what was read from the socket, which is not kept for a part of it.
    this.#parts.push(Buffer.from(fragment));
  }
}

function withoutPadding(flags: number, streamId: number, payload: Buffer): Buffer {
  if (!(flags & (flag.padded | flag.priority))) return payload;
  let at = 0;
  let padding = 0;
  if (flags & flag.padded) {
    padding = payload[0] ?? 0;
    at = 1;
  }
  if (flags & flag.priority) {
    if (payload.length < at + 5)
      throw new ConnectionFault(errorCode.frameSizeError, 'a HEADERS frame is too short');
    if ((payload.readUInt32BE(at) & 0x7fff_ffff) === streamId) {
      throw new ConnectionFault(errorCode.protocolError, 'a stream depends on itself');
    }
    at += 5;
  }
  if (at + padding > payload.length) {
    throw new ConnectionFault(errorCode.protocolError, 'a frame has more padding than bytes');
  }
  return payload.subarray(at, payload.length - padding);
}
