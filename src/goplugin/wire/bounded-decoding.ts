/**
 * Decoding by protobuf.js that makes no more values of a message than a limit allows, at whatever depth they are: two
 * bytes may become an object, and one byte of a packed list becomes one element.
 */
import { LimitExceeded } from '../grpc/limit-error.ts';
import { limits } from '../limits.ts';
import type { MethodShape } from '../service.ts';
import { protobufJs } from './proto-definitions.ts';

type ReadingMethods = Record<(typeof readingMethods)[number], (this: ReadingMethods) => unknown>;

/** All methods with which the decoders that protobuf.js generates read a value, a length, or the number of a field. */
const readingMethods = [
  'uint32',
  'int32',
  'sint32',
  'uint64',
  'int64',
  'sint64',
  'fixed32',
  'sfixed32',
  'fixed64',
  'sfixed64',
  'float',
  'double',
  'bool',
  'bytes',
  'string',
] as const;

/**
 * Number of fields in a message up to which the whole limit applies. Two bytes may make a message with all its
 * defaults, so fewer values are allowed where messages are wider.
 */
const usualWidth = 16;

/**
 * Returns how many values a message may become by default, for a definition whose widest message has `width` fields.
 */
export function mostValues(width: number): number {
  return Math.floor(limits.valuesOfMessage.value / Math.ceil(Math.max(width, 1) / usualWidth));
}

/** Returns the same methods, with received messages bounded. */
export function bounded<M extends MethodShape>(methods: Record<string, M>, most: number): Record<string, M> {
  const { Reader } = protobufJs();
  const within =
    (decode: (bytes: Buffer) => unknown) =>
    (bytes: Buffer): unknown =>
      // A value takes at least one byte.
      decode(bytes.length <= most ? bytes : (counting(Reader.create(bytes), most) as unknown as Buffer));
  const entries = Object.entries(methods).map(([name, method]) => [
    name,
    {
      ...method,
      requestDeserialize: within(method.requestDeserialize),
      responseDeserialize: within(method.responseDeserialize),
    },
  ]);
  return Object.fromEntries(entries) as Record<string, M>;
}

function counting(reader: ReadingMethods, most: number): ReadingMethods {
  let count = 0;
  let inside = false; // some of the methods call others
  for (const name of readingMethods) {
    const read = reader[name];
    reader[name] = function () {
      if (inside) return read.call(this);
      count += 1;
      if (count > most) throw new LimitExceeded('valuesOfMessage', 'a message becomes more values', most);
      inside = true;
      try {
        return read.call(this);
      } finally {
        inside = false;
      }
    };
  }
  return reader;
}
