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
import type { DynamicService } from './service.ts';
import { bounded, mostValues } from './wire/bounded-decoding.ts';
import type { ProtoDefinitions } from './wire/proto-definitions.ts';

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
  const { definitionsIn } = await import('./wire/proto-definitions.ts');
  const files = typeof path === 'string' ? [path] : [...path];
  try {
    return boundedServices(await definitionsIn(files, includeDirs), maxValues);
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
  const { definitionsFrom } = await import('./wire/proto-definitions.ts');
  return boundedServices(definitionsFrom(schema), undefined);
}

function boundedServices(
  { services, widest }: ProtoDefinitions,
  maxValues: LoadProtoOptions['maxValues'],
): Record<string, DynamicService> {
  if (maxValues === 'unlimited') return services as Record<string, DynamicService>;
  const most = maxValues ?? mostValues(widest);
  return Object.fromEntries(
    Object.entries(services).map(([name, methods]) => [name, bounded(methods, most)]),
  ) as Record<string, DynamicService>;
}
