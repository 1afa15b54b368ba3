/**
 * File descriptors (`google.protobuf.FileDescriptorProto`, google/protobuf/descriptor.proto) as the JSON by which
 * protobuf.js, underneath proto-loader, describes types. Pure.
 *
 * protobuf.js reads descriptors too, but makes lists of entries of their maps, which nobody would know how to fill in.
 */
import { readFields } from '../wire/protobuf.ts';

/** A namespace, message, enum or service, in the form of protobuf.js. */
export interface SchemaNode {
  nested?: Record<string, SchemaNode>;
  [part: string]: unknown;
}

/** @throws RangeError when the bytes are not descriptors, or describe what no .proto file could say */
export function schemaOf(files: readonly Uint8Array[]): SchemaNode {
  const root: SchemaNode = {};
  for (const bytes of files) {
    const file = readMessage(bytes);
    const place = namespaceAt(root, file.text(2));
    const proto2 = ['', 'proto2'].includes(file.text(12));
    addTypes(place, { messages: file.all(4), enums: file.all(5) }, proto2, 0);
    for (const part of file.all(6)) addService(place, part);
  }
  return root;
}

/** Deeper than any sensible message, shallow enough for the stack. */
const deepestNesting = 64;

function addTypes(
  place: SchemaNode,
  { messages, enums }: { messages: readonly Buffer[]; enums: readonly Buffer[] },
  proto2: boolean,
  depth: number,
): void {
  if (depth > deepestNesting) throw new RangeError('messages are nested too deeply');
  for (const bytes of messages) {
    const message = readMessage(bytes);
    const node: SchemaNode = fieldsOf(message, proto2);
    setNested(place, message.text(1), node);
    const inner = message.all(3).filter((each) => !isMapEntry(readMessage(each)));
    addTypes(node, { messages: inner, enums: message.all(4) }, proto2, depth + 1);
  }
  for (const bytes of enums) {
    const part = readMessage(bytes);
    const values = part.all(2).map((value) => {
      const { text, integer } = readMessage(value);
      return [checkedName(text(1)), integer(2)] as const;
    });
    setNested(place, part.text(1), { values: record(values) });
  }
}

function addService(place: SchemaNode, bytes: Buffer): void {
  const service = readMessage(bytes);
  const methods = service.all(2).map((part) => {
    const method = readMessage(part);
    return [
      checkedName(method.text(1)),
      {
        requestType: method.text(2),
        requestStream: method.integer(5) !== 0,
        responseType: method.text(3),
        responseStream: method.integer(6) !== 0,
      },
    ] as const;
  });
  setNested(place, service.text(1), { methods: record(methods) });
}

function fieldsOf(message: Message, proto2: boolean): SchemaNode {
  const oneofNames = message.all(8).map((part) => checkedName(readMessage(part).text(1)));
  const members = new Map<string, string[]>(oneofNames.map((name) => [name, []]));
  const entries = new Map(
    message
      .all(3)
      .map((part) => readMessage(part))
      .filter(isMapEntry)
      .map((entry) => [entry.text(1), entry]),
  );
  const fields = message.all(2).map((part) => {
    const field = readMessage(part);
    const name = checkedName(field.text(1));
    const oneof = field.has(9) ? oneofNames[field.integer(9)] : undefined;
    if (oneof !== undefined) members.get(oneof)?.push(name);
    const entry = entries.get(field.text(6).split('.').at(-1) ?? '');
    return [name, entry ? mapField(field, entry) : plainField(field, proto2)] as const;
  });
  return {
    fields: record(fields),
    ...(members.size > 0 && { oneofs: record([...members].map(([name, oneof]) => [name, { oneof }])) }),
  };
}

function plainField(field: Message, proto2: boolean): object {
  const label = labels[field.integer(4)];
  const options = {
    ...(field.integer(17) !== 0 && { proto3_optional: true }),
    ...(label === 'repeated' && { packed: isPacked(field, proto2) }),
    ...(field.has(7) && { default: defaultOf(field) }),
  };
  return { type: typeOf(field), id: field.integer(3), ...(label && { rule: label }), options };
}

function mapField(field: Message, entry: Message): object {
  const parts = entry.all(2).map((part) => readMessage(part));
  const [key, value] = [1, 2].map((number) => parts.find((part) => part.integer(3) === number));
  if (!key || !value) throw new RangeError('a map has no key or no value');
  return { keyType: typeOf(key), type: typeOf(value), id: field.integer(3) };
}

function isMapEntry(message: Message): boolean {
  return message.all(7).some((options) => readMessage(options).integer(7) !== 0);
}

function isPacked(field: Message, proto2: boolean): boolean {
  const said = field.all(8).map((options) => readMessage(options));
  const options = said.find((each) => each.has(2));
  return options ? options.integer(2) !== 0 : !proto2;
}

function typeOf(field: Message): string {
  const type = scalarTypes[field.integer(5)];
  if (type !== undefined) return type;
  const name = field.text(6);
  if (name === '' || field.integer(5) === group) {
    throw new RangeError(`the field ${JSON.stringify(field.text(1))} has a type that is not supported`);
  }
  return name;
}

function defaultOf(field: Message): unknown {
  const [type, text] = [scalarTypes[field.integer(5)], field.text(7)];
  if (type === 'bool') return text === 'true';
  return type === undefined || type === 'string' || type === 'bytes' ? text : Number(text);
}

/** google.protobuf.FieldDescriptorProto.Type; messages and enums go by their names. */
const scalarTypes: Readonly<Record<number, string>> = {
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
const group = 10;
const labels: Readonly<Record<number, 'required' | 'repeated'>> = { 2: 'required', 3: 'repeated' };

function namespaceAt(root: SchemaNode, path: string): SchemaNode {
  let place = root;
  for (const name of path === '' ? [] : path.split('.')) {
    place.nested ??= record([]);
    place = place.nested[checkedName(name)] ??= {};
  }
  return place;
}

function setNested(place: SchemaNode, name: string, node: SchemaNode): void {
  place.nested ??= record([]);
  const existing = place.nested[checkedName(name)];
  // A package may have the name of a message around it.
  place.nested[name] = existing ? { ...existing, ...node } : node;
}

/** Without a prototype: names come from the other side. */
function record<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const made = Object.create(null) as Record<string, T>;
  for (const [name, value] of entries) made[name] = value;
  return made;
}

function checkedName(name: string): string {
  if (/^[A-Za-z_]\w*$/.test(name) && name !== '__proto__') return name;
  throw new RangeError(`${JSON.stringify(name.slice(0, 100))} is not a name`);
}

type Message = ReturnType<typeof readMessage>;

function readMessage(bytes: Uint8Array) {
  const fields = [...readFields(bytes)];
  const all = (number: number): Buffer[] =>
    fields.flatMap((field) => (field.number === number && field.kind === 'bytes' ? [field.value] : []));
  return {
    all,
    has: (number: number): boolean => fields.some((field) => field.number === number),
    text: (number: number): string => all(number).at(-1)?.toString('utf8') ?? '',
    /** Of 32 bits, signed. */
    integer: (number: number): number => {
      const field = fields.findLast((each) => each.number === number);
      return field?.kind === 'varint' ? field.value | 0 : 0;
    },
  };
}
