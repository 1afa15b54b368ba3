/** Finds gRPC's messages in the body of an HTTP/2 stream: one flag byte, four of length, the message. */
import { limits, longestMessage, type MessageLimit } from '../limits.ts';
import { hasMoreFields } from '../wire/field-count.ts';
import type { HeldBytes } from './held-bytes.ts';
import { LimitExceeded } from './limit-error.ts';
import { StatusError } from './status.ts';

const prefixLength = 5;
/** Bytes reserved for a message that has begun. What it announces beyond that has to arrive first. */
const firstCapacity = 128 * 1024;
/** Length in bytes below which fields are not counted: shorter messages can't have many. */
const countedLength = 1024 * 1024;

/** No messages. */
const none: Buffer[] = [];
const unlimited: MessageLimit = { name: 'maxMessageBytes', bytes: longestMessage };

export class MessageReader {
  readonly #limit: MessageLimit;
  readonly #held: HeldBytes | undefined;
  #prefix: Buffer | undefined;
  #prefixFilled = 0;
  /**
   * The bytes of the message that is being received. They are copied together, because a chunk may be a single byte and
   * would keep the whole buffer into which the socket was read.
   */
  #partial: Buffer | undefined;
  #length = 0;
  #filled = 0;

  /** @param held the count that the calls of one connection share */
  constructor(limit: MessageLimit = unlimited, held?: HeldBytes) {
    this.#limit = limit;
    this.#held = held;
  }

  /**
   * Returns the messages that this chunk completes, as copies. Nothing is reserved for a length that is only announced.
   *
   * @throws StatusError for a message that this side does not accept, which may be a LimitExceeded
   */
  push(chunk: Buffer): Buffer[] {
    // Most pieces are a part of a long message.
    if (this.#partial && this.#filled + chunk.length < this.#length) {
      this.#append(this.#partial, chunk, 0, chunk.length);
      return none;
    }
    const messages: Buffer[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#partial) at = this.#fill(this.#partial, chunk, at, messages);
      else at = this.#begin(chunk, at, messages);
    }
    return messages;
  }

  /** True between two messages. */
  get atEnd(): boolean {
    return this.#prefixFilled === 0 && this.#partial === undefined;
  }

  /** Drops the message that has not arrived whole. Idempotent. */
  discard(): void {
    if (this.#partial) this.#held?.give(this.#partial.length);
    this.#partial = undefined;
  }

  #begin(chunk: Buffer, start: number, messages: Buffer[]): number {
    let at = start;
    let length: number;
    if (this.#prefixFilled === 0 && chunk.length - at >= prefixLength) {
      length = this.#readPrefix(chunk, at);
      at += prefixLength;
    } else {
      const prefix = (this.#prefix ??= Buffer.alloc(prefixLength));
      const copied = chunk.copy(prefix, this.#prefixFilled, at, at + prefixLength - this.#prefixFilled);
      this.#prefixFilled += copied;
      at += copied;
      if (this.#prefixFilled < prefixLength) return at;
      this.#prefixFilled = 0;
      length = this.#readPrefix(prefix, 0);
    }
    if (chunk.length - at >= length) {
      const message = Buffer.allocUnsafe(length);
      chunk.copy(message, 0, at, at + length);
      messages.push(checked(message));
      return at + length;
    }
    const capacity = Math.min(length, firstCapacity);
    this.#held?.take(capacity);
    this.#partial = Buffer.allocUnsafeSlow(capacity);
    this.#length = length;
    this.#filled = 0;
    return at;
  }

  #fill(partial: Buffer, chunk: Buffer, at: number, messages: Buffer[]): number {
    const end = Math.min(chunk.length, at + this.#length - this.#filled);
    const into = this.#append(partial, chunk, at, end);
    if (this.#filled === this.#length) {
      this.discard();
      messages.push(checked(into));
    }
    return end;
  }

  #append(partial: Buffer, chunk: Buffer, from: number, to: number): Buffer {
    const into = this.#withRoom(partial, this.#filled + to - from);
    into.set(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to), this.#filled);
    this.#filled += to - from;
    return into;
  }

  #withRoom(partial: Buffer, needed: number): Buffer {
    if (needed <= partial.length) return partial;
    const capacity = Math.min(this.#length, Math.max(needed, 2 * partial.length));
    this.#held?.take(capacity - partial.length);
    const larger = Buffer.allocUnsafeSlow(capacity);
    partial.copy(larger, 0, 0, this.#filled);
    return (this.#partial = larger);
  }

  #readPrefix(prefix: Buffer, at: number): number {
    const length = prefix.readUInt32BE(at + 1);
    if (prefix[at] !== 0) {
      throw new StatusError('INTERNAL', 'a message is compressed, although only plain ones were asked for');
    }
    const { name, bytes } = this.#limit;
    if (length > bytes) throw new LimitExceeded(name, `a message of ${length} bytes`, bytes);
    return length;
  }
}

/** @throws LimitExceeded */
function checked(message: Buffer): Buffer {
  if (message.length > countedLength && hasMoreFields(message, limits.fieldsOfMessage.value)) {
    throw new LimitExceeded('fieldsOfMessage', 'a message has more fields');
  }
  return message;
}

/** Returns a message with its prefix, as the parts to write. Short ones are copied into one piece. */
export function framed(message: Uint8Array): Uint8Array[] {
  const copied = message.length <= 16 * 1024;
  const head = Buffer.allocUnsafe(copied ? prefixLength + message.length : prefixLength);
  head[0] = 0;
  head.writeUInt32BE(message.length, 1);
  if (!copied) return [head, message];
  head.set(message, prefixLength);
  return [head];
}
