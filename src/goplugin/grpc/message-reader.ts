/** Finds gRPC's messages in the body of an HTTP/2 stream: one flag byte, four of length, the message. Pure. */
import { StatusError } from './status.ts';

const prefixLength = 5;
/** go-plugin: dialGRPCConn */
const longestMessage = 0x7fff_ffff;

export class MessageReader {
  #chunks: Buffer[] = [];
  #held = 0;
  /** Of the message that is being received, once its prefix is there. */
  #length: number | undefined;

  /**
   * The messages that this chunk completes. Nothing is reserved for a length that is only announced.
   *
   * @throws StatusError for what is no message that this side accepts
   */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const messages: Buffer[] = [];
    for (;;) {
      if (this.#length === undefined) {
        if (this.#held < prefixLength) return messages;
        this.#length = readPrefix(this.#take(prefixLength));
      }
      if (this.#held < this.#length) return messages;
      messages.push(this.#take(this.#length));
      this.#length = undefined;
    }
  }

  /** True between two messages. */
  get atEnd(): boolean {
    return this.#held === 0 && this.#length === undefined;
  }

  #take(length: number): Buffer {
    let whole = this.#chunks[0] ?? Buffer.alloc(0);
    if (whole.length < length) whole = Buffer.concat(this.#chunks, this.#held);
    else if (this.#chunks.length > 1) {
      this.#chunks[0] = whole.subarray(length);
      this.#held -= length;
      return whole.subarray(0, length);
    }
    this.#held -= length;
    this.#chunks = this.#held === 0 ? [] : [whole.subarray(length)];
    return whole.subarray(0, length);
  }
}

function readPrefix(prefix: Buffer): number {
  const length = prefix.readUInt32BE(1);
  if (prefix[0] !== 0) {
    throw new StatusError('INTERNAL', 'a message is compressed, although only plain ones were asked for');
  }
  if (length > longestMessage) {
    throw new StatusError('RESOURCE_EXHAUSTED', `a message of ${length} bytes is longer than any may be`);
  }
  return length;
}

/** A message with its prefix, as the parts to be written. Short ones are copied into one piece. */
export function framed(message: Uint8Array): Uint8Array[] {
  const copied = message.length <= 16 * 1024;
  const head = Buffer.allocUnsafe(copied ? prefixLength + message.length : prefixLength);
  head[0] = 0;
  head.writeUInt32BE(message.length, 1);
  if (!copied) return [head, message];
  head.set(message, prefixLength);
  return [head];
}
