/**
 * Messages on their way out. One that is sent at once is encoded into memory that is used again for the next one, because
 * memory of its own for each long message would keep the garbage collector busy.
 */
import type { Http2Stream } from '../http2/stream.ts';
import type { MethodShape } from '../service.ts';

/** A message that is known to be valid and is not encoded yet. */
export interface Encoding {
  readonly length: number;
  /**
   * Encodes the message to the beginning of the memory that `allocate` returns. @returns that memory
   *
   * @param allocate returns at least as many bytes as it is asked for
   */
  finish(allocate: (length: number) => Buffer): Buffer;
}

/** What a definition makes of a message. */
export type OutgoingMessage = Buffer | Encoding;

type Serialize = MethodShape['requestSerialize'];

const encoders = new WeakMap<Serialize, (value: unknown) => Encoding>();

/** Remembers how a serializer's work can be done in two steps. @returns the serializer */
export function withEncoder(serialize: Serialize, encode: (value: unknown) => Encoding): Serialize {
  encoders.set(serialize, encode);
  return serialize;
}

/** @throws what the serializer throws */
export function outgoing(serialize: Serialize, value: unknown): OutgoingMessage {
  const encode = encoders.get(serialize);
  return encode ? encode(value) : (serialize as (value: unknown) => Buffer)(value);
}

/** Returns the message in memory of its own. */
export function kept(message: OutgoingMessage): Buffer {
  return message instanceof Uint8Array ? message : message.finish((length) => Buffer.allocUnsafe(length));
}

/** One flag byte, and four of length. */
const prefixLength = 5;
/** Longer messages that are encoded already are not copied once more. */
const longestCopied = 16 * 1024;
const scratchLength = 256 * 1024;
let scratch: Scratch | undefined;

interface Scratch {
  readonly whole: Buffer;
  /** The part behind the prefix. */
  readonly body: Buffer;
  readonly allocate: () => Buffer;
}

function newScratch(): Scratch {
  const whole = Buffer.allocUnsafeSlow(scratchLength);
  whole[0] = 0; // no compression
  const body = whole.subarray(prefixLength);
  return { whole, body, allocate: () => body };
}

/** Sends a message, and its prefix. @returns false when it has to wait */
export function sendMessage(stream: Http2Stream, message: OutgoingMessage, last = false): boolean {
  const { length } = message;
  const { whole, body, allocate } = (scratch ??= newScratch());
  whole.writeUInt32BE(length, 1);
  const end = prefixLength + length;
  if (message instanceof Uint8Array ? length <= longestCopied : end <= scratchLength) {
    if (message instanceof Uint8Array) body.set(message);
    else message.finish(allocate);
    return stream.sendCopied(whole.subarray(0, end), last);
  }
  stream.sendCopied(whole.subarray(0, prefixLength));
  return stream.send(kept(message), last);
}
