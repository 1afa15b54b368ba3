/** Loads service definitions from .proto files at run time. */
import { BulkheadError, nameErrorClass } from '../errors.ts';
import {
  allOf,
  anyOf,
  checkArgument,
  checkShape,
  filledText,
  listOf,
  oneOf,
  shapeOf,
  that,
  wholeNumber,
} from '../settings/option-shape.ts';
import { fileHintFor } from '../thrown-value.ts';
import type { Options, PackageDefinition } from '@grpc/proto-loader';
import type { DynamicService, MethodShape } from './service.ts';
import { bounded, mostValues } from './wire/bounded-decoding.ts';

export interface LoadProtoOptions {
  /** Directories in which `import` lines are looked up. Default: the directories of the given files. */
  readonly includeDirs?: readonly string[] | undefined;
  /**
   * Most values that one received message may become, at all depths together: its fields, and the elements of its
   * lists. Default: the limit `valuesOfMessage`, which no plugin of Vault's comes near.
   */
  readonly maxValues?: number | 'unlimited' | undefined;
}

const paths = allOf(
  anyOf(filledText, listOf(filledText)),
  that((value) => !Array.isArray(value) || value.length > 0, 'names no file'),
);
const loadProtoOptions = shapeOf<LoadProtoOptions>({
  includeDirs: listOf(filledText),
  maxValues: anyOf(oneOf('unlimited'), wholeNumber(1)),
});

/** A .proto file is missing or wrong. */
export class ProtoError extends BulkheadError {
  static {
    nameErrorClass(this, 'ProtoError');
  }
}

/**
 * Reads .proto files and returns the services they define, by full name: `{ 'proto.KV': ... }`.
 *
 * Messages are plain objects. Field names stay as they are written in the file. 64-bit integers are decimal strings,
 * because a JavaScript number can't hold them all (numbers, bigints and strings are taken when sending); bytes are
 * Buffers; enums are their names; a singular field that is absent has its default value.
 *
 * @throws ProtoError when a file can't be read or parsed; InvalidOptionError
 */
export async function loadProto(
  path: string | readonly string[],
  options: LoadProtoOptions = {},
): Promise<Record<string, DynamicService>> {
  checkArgument('loadProto', 'path', paths, path);
  checkShape('loadProto', loadProtoOptions, options);
  const { includeDirs, maxValues } = options;
  const { load } = await import('@grpc/proto-loader');
  const files = typeof path === 'string' ? [path] : [...path];
  try {
    return onlyServices(
      await load(files, { ...messageForm, ...(includeDirs ? { includeDirs: [...includeDirs] } : {}) }),
      maxValues,
    );
  } catch (cause) {
    throw new ProtoError('PROTO_INVALID', `${files.join(', ')}: ${(cause as Error).message}`, {
      cause,
      hint:
        fileHintFor(cause) ??
        'Check the path, the syntax, and that every imported file lies in one of `includeDirs`.',
    });
  }
}

/**
 * Builds the services of types in the JSON of protobuf.js, by full name. @throws Error when the types are inconsistent
 */
export async function servicesOf(schema: object): Promise<Record<string, DynamicService>> {
  const { fromJSON } = await import('@grpc/proto-loader');
  return onlyServices(fromJSON(schema, messageForm), undefined);
}

/** How messages are represented, wherever their definition comes from. */
const messageForm: Options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };

function onlyServices(
  definitions: PackageDefinition,
  maxValues: LoadProtoOptions['maxValues'],
): Record<string, DynamicService> {
  const services = Object.entries(definitions).filter(([, definition]) =>
    isService(definition),
  ) as unknown as [string, Record<string, MethodShape>][];
  if (maxValues === 'unlimited') return Object.fromEntries(services) as Record<string, DynamicService>;
  const most = maxValues ?? mostValues(widest(Object.values(definitions)));
  return Object.fromEntries(services.map(([name, methods]) => [name, bounded(methods, most)])) as Record<
    string,
    DynamicService
  >;
}

/** A message as its descriptor describes it. */
interface Described {
  readonly field?: readonly unknown[];
  readonly nestedType?: readonly Described[];
}

/** Returns the number of fields of the message that has the most. */
function widest(definitions: readonly object[]): number {
  const widthOf = ({ field = [], nestedType = [] }: Described): number =>
    Math.max(field.length, ...nestedType.map(widthOf));
  return definitions.reduce(
    (most, definition) =>
      'type' in definition ? Math.max(most, widthOf(definition.type as Described)) : most,
    0,
  );
}

/** Whether a definition is a service. Messages and enums have a `format`; a service is a record of methods. */
function isService(definition: object): boolean {
  return (
    !('format' in definition) &&
    Object.values(definition).every((method) => 'path' in (method as MethodShape))
  );
}
