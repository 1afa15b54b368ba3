/**
 * Tells whether a protobuf message has more than a given number of fields at its top level. Pure; no object is made for
 * a field.
 */
import { FieldCursor } from './protobuf.ts';

/** In bytes that are not a message, the fields before the error count. */
export function hasMoreFields(message: Uint8Array, most: number): boolean {
  if (message.length / 2 <= most) return false; // a field takes at least two bytes
  const fields = new FieldCursor(message);
  try {
    for (let count = 0; fields.next(); count += 1) if (count >= most) return true;
  } catch {
    // The decoder reports what is wrong.
  }
  return false;
}
