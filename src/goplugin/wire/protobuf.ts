/**
 * As much of the protobuf wire format as go-plugin's own messages need: varints and length-delimited fields. Pure.
 *
 * A library for these few messages would cost every plugin and host its load time.
 */

/** A field as it stands on the wire. Varints keep their low 32 bits: nothing in go-plugin's messages is wider. */
export type WireField =
  | { readonly number: number; readonly kind: 'varint'; readonly value: number }
  | { readonly number: number; readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly number: number; readonly kind: 'fixed'; readonly value: Buffer };

/** A varint field; nothing when it has the default value 0. */
export function varintField(number: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.from([...varint(number << 3), ...varint(value >>> 0)]);
}

/** A string, bytes or message field; nothing when it is empty, unless `keepEmpty` (a message that is present). */
export function bytesField(number: number, value: Uint8Array | string, keepEmpty = false): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  if (bytes.length === 0 && !keepEmpty) return Buffer.alloc(0);
  return Buffer.concat([Uint8Array.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
}

/** The bytes of a field; of several, the last counts. Empty when it is absent. @throws as {@link readFields} */
export function fieldBytes(message: Uint8Array, number: number): Buffer {
  let value: Buffer = Buffer.alloc(0);
  for (const field of readFields(message)) {
    if (field.number === number && field.kind === 'bytes') value = field.value;
  }
  return value;
}

/** The low 32 bits of a varint field; 0 when it is absent. @throws as {@link readFields} */
export function fieldNumber(message: Uint8Array, number: number): number {
  let value = 0;
  for (const field of readFields(message)) {
    if (field.number === number && field.kind === 'varint') value = field.value;
  }
  return value;
}

/**
 * The fields of a message, in the order they were written. A repeated occurrence of a singular field: the last counts.
 *
 * @throws RangeError when the bytes end within a field or are not protobuf
 */
export function* readFields(message: Uint8Array): Generator<WireField> {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    const number = tag.value >>> 3;
    if (number === 0) throw new RangeError('field number 0');
    at = tag.end;
    switch (tag.value & 7) {
      case 0: {
        const { value, end } = readVarint(bytes, at);
        at = end;
        yield { number, kind: 'varint', value };
        break;
      }
      case 2: {
        const { value: length, end } = readVarint(bytes, at);
        at = end + length;
        if (at > bytes.length) throw new RangeError(`field ${number} ends beyond the message`);
        yield { number, kind: 'bytes', value: bytes.subarray(end, at) };
        break;
      }
      case 1:
      case 5: {
        const start = at;
        at += (tag.value & 7) === 1 ? 8 : 4;
        if (at > bytes.length) throw new RangeError(`field ${number} ends beyond the message`);
        yield { number, kind: 'fixed', value: bytes.subarray(start, at) };
        break;
      }
      default:
        throw new RangeError(`field ${number} has the unknown wire type ${tag.value & 7}`);
    }
  }
}

function varint(value: number): number[] {
  const octets: number[] = [];
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) octets.push((rest & 0x7f) | 0x80);
  octets.push(rest);
  return octets;
}

function readVarint(bytes: Buffer, start: number): { value: number; end: number } {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const octet = bytes[start + index];
    if (octet === undefined) throw new RangeError('the message ends within a number');
    if (index < 5) value |= (octet & 0x7f) << (7 * index);
    if (octet < 0x80) return { value: value >>> 0, end: start + index + 1 };
  }
  throw new RangeError('a number is longer than ten bytes');
}
