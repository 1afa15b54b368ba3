/** What descriptors say about a field, in the terms of protobuf.js. */
import type { DescriptorMessage } from './descriptor-message.ts';

/** google.protobuf.FieldDescriptorProto.Type; messages and enums go by their names. */
export const scalarTypes: Readonly<Record<number, string>> = {
  1: 'double',
  2: 'float',
  3: 'int64',
  4: 'uint64',
  5: 'int32',
  6: 'fixed64',
  7: 'fixed32',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'uint32',
  15: 'sfixed32',
  16: 'sfixed64',
  17: 'sint32',
  18: 'sint64',
};
export const group = 10;
export const labels: Readonly<Record<number, 'required' | 'repeated'>> = { 2: 'required', 3: 'repeated' };

/** Returns the value of a field that is absent. */
export function defaultOf(field: DescriptorMessage): unknown {
  const [type, text] = [scalarTypes[field.integer(5)], field.text(7)];
  if (type === 'bool') return text === 'true';
  return type === undefined || type === 'string' || type === 'bytes' ? text : Number(text);
}
