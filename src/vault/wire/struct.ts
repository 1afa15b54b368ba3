/** google.protobuf.Struct, in which database plugins get and return their configuration. */
import type { WireStruct, WireValue } from './messages.ts';

/** Data as a Struct can hold them. Its numbers are doubles. */
export type StructValue =
  null | boolean | number | string | readonly StructValue[] | { readonly [name: string]: StructValue };
export type StructData = Readonly<Record<string, StructValue>>;

/** Deepest nesting that is sent or received. */
export const deepestStruct = 64;

export function toStruct(data: StructData): WireStruct {
  return { fields: mapped(data, toValue) };
}

function toValue(value: StructValue): WireValue {
  if (value === null) return { nullValue: 0 };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'string') return { stringValue: value };
  if (isList(value)) return { listValue: { values: value.map(toValue) } };
  return { structValue: toStruct(value) };
}

/** @throws RangeError for what is nested too deeply, or holds a number that is none */
export function fromStruct(struct: WireStruct, depth = 1): StructData {
  return mapped(struct.fields, (value) => fromValue(value, depth + 1));
}

function fromValue(value: WireValue, depth: number): StructValue {
  if (depth > deepestStruct) throw new RangeError(`it is nested more than ${deepestStruct} deep`);
  switch (value.kind) {
    case 'numberValue':
      if (!Number.isFinite(value.numberValue)) throw new RangeError('it holds a number that is none');
      return value.numberValue ?? 0;
    case 'stringValue':
      return value.stringValue ?? '';
    case 'boolValue':
      return value.boolValue ?? false;
    case 'structValue':
      return fromStruct(value.structValue ?? { fields: {} }, depth);
    case 'listValue':
      return (value.listValue?.values ?? []).map((each) => fromValue(each, depth + 1));
    default:
      return null;
  }
}

/** Makes own properties of all names, `__proto__` among them. */
function mapped<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

function isList(value: StructValue): value is readonly StructValue[] {
  return Array.isArray(value);
}
