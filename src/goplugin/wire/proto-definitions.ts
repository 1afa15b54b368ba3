/**
 * Service definitions from .proto files, or from types in the JSON of protobuf.js. They are what `@grpc/proto-loader` makes
 * with the options `keepCase`, `longs: String`, `enums: String`, `defaults` and `oneofs`, and know how to encode a message
 * into memory that exists already.
 */
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import type * as Library from 'protobufjs';
import { withEncoder, type Encoding } from '../grpc/outgoing-message.ts';
import type { MethodShape } from '../service.ts';

/** A package of definitions, as far as this package uses it. */
export interface ProtoDefinitions {
  readonly services: Readonly<Record<string, Record<string, MethodShape>>>;
  /** The number of fields of the message that has the most. */
  readonly widest: number;
}

type ProtobufJs = typeof Library;

/** Loaded with the first definition, and not with this package. */
export function protobufJs(): ProtobufJs {
  return load('protobufjs') as ProtobufJs;
}

const load = createRequire(import.meta.url);

/** How received messages are represented. */
const messageForm = { longs: String, enums: String, defaults: true, oneofs: true };

/** @throws Error when a file can't be read or parsed */
export async function definitionsIn(
  files: readonly string[],
  includeDirs: readonly string[] | undefined,
): Promise<ProtoDefinitions> {
  const { Root } = protobufJs();
  const root = new Root();
  const usual = root.resolvePath.bind(root);
  root.resolvePath = (origin, target) => {
    if (isBundled(target)) return target;
    return (includeDirs && inFolders(includeDirs, target)) ?? usual(origin, target);
  };
  return definitionsOf(await root.load([...files], { keepCase: true }));
}

/** @throws Error when the types are inconsistent */
export function definitionsFrom(schema: object): ProtoDefinitions {
  return definitionsOf(protobufJs().Root.fromJSON(schema));
}

/** Files of Google's that protobuf.js brings along, and doesn't know until it is told. */
const bundled = ['api', 'descriptor', 'source_context', 'type'];

function isBundled(target: string): boolean {
  const name = bundled.find((each) => target === `google/protobuf/${each}.proto`);
  if (name === undefined) return false;
  const { nested } = load(`protobufjs/google/protobuf/${name}.json`) as {
    readonly nested: { readonly google: { readonly nested: { readonly protobuf: Library.INamespace } } };
  };
  protobufJs().common(name, nested.google.nested.protobuf.nested ?? {});
  return true;
}

function inFolders(folders: readonly string[], target: string): string | undefined {
  if (isAbsolute(target)) return target;
  const found = folders.map((folder) => join(folder, target)).find(isReadable);
  if (found === undefined) {
    process.emitWarning(`${target} not found in any of the include paths ${folders.join(',')}`);
  }
  return found;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function definitionsOf(root: Library.Root): ProtoDefinitions {
  root.resolveAll();
  const files = descriptorsOf(root);
  const services: Record<string, Record<string, MethodShape>> = {};
  let widest = 0;
  const { Service, Type, Namespace } = protobufJs();
  const visit = (parent: Library.NamespaceBase, scope: string): void => {
    for (const each of parent.nestedArray) {
      const name = scope === '' ? each.name : `${scope}.${each.name}`;
      if (each instanceof Service) {
        services[name] = Object.fromEntries(
          each.methodsArray.map((method) => [method.name, methodOf(method, name, files)]),
        );
      } else if (each instanceof Type) {
        widest = Math.max(widest, widthOf(each));
      } else if (each instanceof Namespace) visit(each, name);
    }
  };
  visit(root, '');
  return { services, widest };
}

function widthOf(type: Library.Type): number {
  const nested = type.nestedArray.filter((each) => each instanceof protobufJs().Type);
  return Math.max(type.fieldsArray.length, ...nested.map(widthOf));
}

/** What `protobufjs/ext/descriptor` adds. */
interface Describing {
  toDescriptor(syntax: string): { readonly file: readonly object[] };
}

/** Returns the files' descriptors, which are what messages are checked by, and what reflection tells. */
function descriptorsOf(root: Library.Root): readonly Buffer[] {
  const { FileDescriptorProto } = load('protobufjs/ext/descriptor') as {
    readonly FileDescriptorProto: Library.Type;
  };
  const { file } = (root as Library.Root & Describing).toDescriptor('proto3');
  return file.map((each) => Buffer.from(FileDescriptorProto.encode(each).finish()));
}

function methodOf(method: Library.Method, service: string, files: readonly Buffer[]): MethodShape {
  const { resolvedRequestType: request, resolvedResponseType: response } = method;
  if (!request || !response) throw new Error(`the method ${method.name} has a type that is not defined`);
  const definition = {
    path: `/${service}/${method.name}`,
    requestStream: method.requestStream === true,
    responseStream: method.responseStream === true,
    requestSerialize: serializer(request),
    requestDeserialize: deserializer(request),
    responseSerialize: serializer(response),
    responseDeserialize: deserializer(response),
    originalName: inCamelCase(method.name),
    requestType: { fileDescriptorProtos: files },
    responseType: { fileDescriptorProtos: files },
  };
  return definition;
}

function deserializer(type: Library.Type): MethodShape['requestDeserialize'] {
  return (bytes) => type.toObject(type.decode(bytes), messageForm);
}

function serializer(type: Library.Type): MethodShape['requestSerialize'] {
  const writerClass = sentWriter();
  const write = (value: unknown): Library.Writer => {
    if (Array.isArray(value)) {
      throw new Error(
        `Failed to serialize message: expected object with ${type.name} structure, got array instead`,
      );
    }
    return type.encode(type.fromObject(value as Record<string, unknown>), new writerClass());
  };
  const encode = (value: unknown): Encoding => new WrittenMessage(write(value));
  return withEncoder((value: unknown) => write(value).finish() as Buffer, encode);
}

/** A message whose parts are known, and have no memory yet. */
class WrittenMessage implements Encoding {
  readonly length: number;
  readonly #writer: Library.Writer;

  constructor(writer: Library.Writer) {
    this.#writer = writer;
    this.length = writer.len;
  }

  finish(allocate: (length: number) => Buffer): Buffer {
    const before = allocateNow;
    allocateNow = allocate;
    try {
      return this.#writer.finish() as Buffer;
    } finally {
      allocateNow = before;
    }
  }
}

function ownMemory(length: number): Buffer {
  return Buffer.allocUnsafe(length);
}

/** Where the writer that finishes now puts its message. */
let allocateNow: (length: number) => Buffer = ownMemory;

type WriterClass = new () => Library.BufferWriter;
let writers: WriterClass | undefined;

/** The class of writers that ask for their memory. Messages inside an `Any` have writers of the usual class. */
function sentWriter(): WriterClass {
  return (writers ??= class extends protobufJs().BufferWriter {
    static override alloc(length: number): Buffer {
      return allocateNow(length);
    }
  });
}

/** `GetValue` -> `getValue`, `HTTPRoute` -> `httpRoute`: the second name of a method for clients of `@grpc/grpc-js`. */
function inCamelCase(name: string): string {
  const [first = '', ...others] = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+/g) ?? [];
  return [first.toLowerCase(), ...others.map((word) => word.charAt(0) + word.slice(1).toLowerCase())].join(
    '',
  );
}
