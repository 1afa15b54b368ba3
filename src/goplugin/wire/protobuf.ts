/**
 * The part of the protobuf wire format that go-plugin's own messages need: varints and length-delimited fields. Pure.
 *
 * A library for these few messages would cost every plugin and host its load time.
 */

/** A field as it stands on the wire. Varints keep their low 32 bits: nothing in go-plugin's messages is wider. */
export type WireField =
  | { readonly number: number; readonly kind: 'varint'; readonly value: number }
  | { readonly number: number; readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly number: number; readonly kind: 'fixed'; readonly value: Buffer };

/** Encodes a varint field; nothing when the value is the default, 0. */
export function varintField(number: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.from([...varint(number << 3), ...varint(value >>> 0)]);
}

/**
 * Encodes a string, bytes or message field; nothing when it is empty, unless `keepEmpty` (a message that is present).
 */
export function bytesField(number: number, value: Uint8Array | string, keepEmpty = false): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  if (bytes.length === 0 && !keepEmpty) return Buffer.alloc(0);
  return Buffer.concat([Uint8Array.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
}

/**
 * Returns the bytes of a field; of several, the last one counts. Empty when it is absent. @throws as {@link
 * FieldCursor}
 */
export function fieldBytes(message: Uint8Array, number: number): Buffer {
  const fields = new FieldCursor(message);
  let start = 0;
  let end = 0;
  while (fields.next()) {
    if (fields.number === number && fields.kind === 'bytes') ({ start, end } = fields);
  }
  return asBuffer(message).subarray(start, end);
}

/** Returns the low 32 bits of a varint field; 0 when it is absent. @throws as {@link FieldCursor} */
export function fieldNumber(message: Uint8Array, number: number): number {
  const fields = new FieldCursor(message);
  let value = 0;
  while (fields.next()) {
    if (fields.number === number && fields.kind === 'varint') value = fields.value;
  }
  return value;
}

/**
 * Yields the fields of a message in the order in which they were written. When a singular field occurs more than once,
 * the last one counts. It makes an object for each field, so it is for messages whose length is limited.
 *
 * @throws as {@link FieldCursor}
 */
export function* readFields(message: Uint8Array): Generator<WireField> {
  const fields = new FieldCursor(message);
  while (fields.next()) {
    const { number, kind } = fields;
    if (kind === 'varint') yield { number, kind, value: fields.value };
    else yield { number, kind, value: fields.bytes() };
  }
}

/**
 * Goes from field to field of a message, and makes no object for fields that are skipped: a message may consist of
 * millions.
 */
export class FieldCursor {
  number = 0;
  kind: WireField['kind'] = 'varint';
  /** Value of a varint. */
  value = 0;
  /** Where the bytes of a field that is not a varint begin and end. */
  start = 0;
  end = 0;
  readonly #message: Buffer;
  #at = 0;

  constructor(message: Uint8Array) {
    this.#message = asBuffer(message);
  }

  /**
   * Goes to the next field. @returns false when there is none
   *
   * @throws RangeError when the bytes end within a field or are not protobuf
   */
  next(): boolean {
    if (this.#at >= this.#message.length) return false;
    const tag = this.#varint();
    this.number = tag >>> 3;
    if (this.number === 0) throw new RangeError('field number 0');
    switch (tag & 7) {
      case 0:
        this.kind = 'varint';
        this.value = this.#varint();
        return true;
      case 1:
        return this.#skip('fixed', 8);
      case 2:
        return this.#skip('bytes', this.#varint());
      case 5:
        return this.#skip('fixed', 4);
      default:
        throw new RangeError(`field ${this.number} has the unknown wire type ${tag & 7}`);
    }
  }

  /** Returns the bytes of a field that is not a varint, as a view of the message. */
  bytes(): Buffer {
    return this.#message.subarray(this.start, this.end);
  }

  #skip(kind: 'bytes' | 'fixed', length: number): true {
    this.kind = kind;
    this.start = this.#at;
    this.end = this.#at += length;
    if (this.#at > this.#message.length) throw new RangeError(`field ${this.number} ends beyond the message`);
    return true;
  }

  #varint(): number {
    let value = 0;
    for (let index = 0; index < 10; index += 1) {
      const octet = this.#message[this.#at];
      if (octet === undefined) throw new RangeError('the message ends within a number');
      this.#at += 1;
      if (index < 5) value |= (octet & 0x7f) << (7 * index);
      if (octet < 0x80) return value >>> 0;
    }
    throw new RangeError('a number is longer than ten bytes');
  }
}

function asBuffer(message: Uint8Array): Buffer {
  return Buffer.from(message.buffer, message.byteOffset, message.length);
}

function varint(value: number): number[] {
  const octets: number[] = [];
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) octets.push((rest & 0x7f) | 0x80);
  octets.push(rest);
  return octets;
}
