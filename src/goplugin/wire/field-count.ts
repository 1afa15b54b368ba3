/** Whether a message of protobuf has more fields at its top than some number. Pure; nothing is made for a field. */
import { FieldCursor } from './protobuf.ts';

/** Bytes that are no message have as many fields as stand before what is wrong. */
export function hasMoreFields(message: Uint8Array, most: number): boolean {
  if (message.length / 2 <= most) return false; // a field has two bytes at least
  const fields = new FieldCursor(message);
  try {
    for (let count = 0; fields.next(); count += 1) if (count >= most) return true;
  } catch {
    // Whoever decodes it says what is wrong.
  }
  return false;
}
