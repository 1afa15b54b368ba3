/** Keeps the end of a byte stream for an error message, in a fixed amount of memory. */

/** Bytes of each stream that an error carries. */
export const tailLength = 8 * 1024;

export class Tail {
  readonly #limit: number;
  #ring: Buffer | undefined;
  #end = 0;
  #full = false;

  constructor(limit: number = tailLength) {
    this.#limit = limit;
  }

  push(chunk: Uint8Array): void {
    this.#ring ??= Buffer.alloc(this.#limit);
    const bytes = chunk.length > this.#limit ? chunk.subarray(chunk.length - this.#limit) : chunk;
    const first = Math.min(bytes.length, this.#limit - this.#end);
    this.#ring.set(bytes.subarray(0, first), this.#end);
    this.#ring.set(bytes.subarray(first), 0);
    this.#full ||= this.#end + bytes.length >= this.#limit;
    this.#end = (this.#end + bytes.length) % this.#limit;
  }

  /**
   * Returns the kept bytes as UTF-8 text, from the first whole character on, with keys and certificates in PEM form
   * removed.
   */
  text(): string {
    const bytes = this.bytes();
    return withoutPem((this.#full ? fromWholeCharacter(bytes) : bytes).toString('utf8'));
  }

  /** Returns the kept bytes. */
  bytes(): Buffer {
    if (this.#ring === undefined) return Buffer.alloc(0);
    return this.#full
      ? Buffer.concat([this.#ring.subarray(this.#end), this.#ring.subarray(0, this.#end)])
      : this.#ring.subarray(0, this.#end);
  }
}

/** Leaves out the rest of a character whose first byte is missing. */
export function fromWholeCharacter(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start);
}

/** Removes keys and certificates in PEM form, also where the text begins or ends in one. */
export function withoutPem(text: string): string {
  return text
    .replace(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?(?:-----END \1-----|$)/g, '[$1 removed]')
    .replace(/(?:^[A-Za-z0-9+/=]{1,76}\r?\n)*-----END ([A-Z0-9 ]+)-----/gm, '[$1 removed]'); // its start was cut off
}
