/**
 * File descriptors (`google.protobuf.FileDescriptorProto`, google/protobuf/descriptor.proto) as the JSON by which
 * protobuf.js, underneath proto-loader, describes types.
 *
 * protobuf.js reads descriptors too, but makes lists of entries of their maps, which nobody would know how to fill in. It
 * would also look for every name in every namespace: here each name is looked up once, and given as the full one.
 */
import type { Budget } from './budget.ts';
import { resolve, type Reference } from './descriptor.ts';
import { DescriptorMessage } from './descriptor-message.ts';
import { defaultOf, group, labels, scalarTypes } from './field-types.ts';

/** A namespace, message, enum or service, in the form of protobuf.js. */
export interface SchemaNode {
  nested?: Record<string, SchemaNode>;
  [part: string]: unknown;
}

/**
 * @throws RangeError when the bytes are not descriptors, or describe what no .proto file could say; LimitExceeded,
 * DeadlinePassed and the signal's reason from the budget
 */
export async function schemaOf(files: readonly Uint8Array[], budget: Budget): Promise<SchemaNode> {
  const reader = new SchemaReader(budget);
  for (const bytes of files) await reader.addFile(bytes);
  return reader.finish();
}

/** The scope in which a type stands, to which the names in it are relative. */
interface Place {
  readonly node: SchemaNode;
  /** Full name of the scope. */
  readonly name: string;
  readonly depth: number;
  readonly proto2: boolean;
}

/** A type that is named somewhere; it is looked up when all types are known. */
interface Mention {
  readonly reference: Reference;
  /** Called with the full name. */
  readonly use: (name: string) => void;
}

class SchemaReader {
  readonly #budget: Budget;
  readonly #root: SchemaNode = {};
  /** Full names of messages and enums, with how many members each has, nested ones included. */
  readonly #types = new Map<string, number>();
  readonly #mentions: Mention[] = [];
  readonly #methods: { request: string; reply: string }[] = [];

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  async addFile(bytes: Uint8Array): Promise<void> {
    const file = this.#read(bytes);
    const packageName = file.text(2);
    const place: Place = {
      node: this.#namespaceAt(packageName),
      name: packageName,
      depth: 0,
      proto2: ['', 'proto2'].includes(file.text(12)),
    };
    for (const part of file.all(4)) await this.#addMessage(place, this.#read(part));
    for (const part of file.all(5)) this.#addEnum(place, this.#read(part));
    for (const part of file.all(6)) this.#addService(place, this.#read(part));
  }

  async finish(): Promise<SchemaNode> {
    for (const { reference, use } of this.#mentions) {
      await this.#budget.breathe();
      const name = resolve(reference, (each) => this.#types.has(each));
      if (name === undefined) throw new RangeError(`${quoted(reference.type)} is not described`);
      use(name);
    }
    for (const { request, reply } of this.#methods) {
      this.#budget.spend('described', (this.#types.get(request) ?? 0) + (this.#types.get(reply) ?? 0));
    }
    return this.#root;
  }

  #read(bytes: Uint8Array): DescriptorMessage {
    return new DescriptorMessage(bytes, this.#budget);
  }

  /** Returns how many members it has, nested messages included. */
  async #addMessage(
    { node: parent, name: scope, depth, proto2 }: Place,
    message: DescriptorMessage,
  ): Promise<number> {
    await this.#budget.breathe();
    this.#budget.spend('symbols');
    this.#budget.check('nesting', depth);
    const nested = message.all(3).map((part) => this.#read(part));
    const entries = new Set(nested.filter((each) => this.#isMapEntry(each)));
    this.#budget.spend('symbols', entries.size);
    const name = this.#fullName(scope, message.text(1));
    const node = this.#fieldsOf(message, entries, { name, proto2 });
    setNested(parent, message.text(1), node);
    const place: Place = { node, name, depth: depth + 1, proto2 };
    let members = message.all(2).length + message.all(8).length;
    for (const each of nested) if (!entries.has(each)) members += await this.#addMessage(place, each);
    for (const part of message.all(4)) members += this.#addEnum(place, this.#read(part));
    this.#types.set(name, members);
    return members;
  }

  #addEnum({ node, name: scope }: Place, part: DescriptorMessage): number {
    this.#budget.spend('symbols');
    const parts = part.all(2);
    this.#budget.spend('members', parts.length);
    const values = parts.map((value) => {
      const each = this.#read(value);
      return [this.#checkedName(each.text(1)), each.integer(2)] as const;
    });
    setNested(node, this.#checkedName(part.text(1)), { values: record(values) });
    this.#types.set(this.#fullName(scope, part.text(1)), values.length);
    return values.length;
  }

  #addService({ node, name: scope }: Place, service: DescriptorMessage): void {
    this.#budget.spend('symbols');
    const name = this.#fullName(scope, service.text(1));
    const parts = service.all(2);
    this.#members(parts.length);
    const methods = parts.map((part) => {
      const method = this.#read(part);
      const types = { request: '', reply: '' };
      const described = {
        requestType: '',
        requestStream: method.integer(5) !== 0,
        responseType: '',
        responseStream: method.integer(6) !== 0,
      };
      this.#mention(method.text(2), name, (full) => {
        types.request = full;
        described.requestType = `.${full}`;
      });
      this.#mention(method.text(3), name, (full) => {
        types.reply = full;
        described.responseType = `.${full}`;
      });
      this.#methods.push(types);
      return [this.#checkedName(method.text(1)), described] as const;
    });
    setNested(node, service.text(1), { methods: record(methods) });
  }

  #fieldsOf(
    message: DescriptorMessage,
    mapEntries: ReadonlySet<DescriptorMessage>,
    { name: scope, proto2 }: { readonly name: string; readonly proto2: boolean },
  ): SchemaNode {
    const parts = message.all(2);
    this.#members(parts.length);
    this.#members(message.all(8).length);
    const oneofNames = message.all(8).map((part) => this.#checkedName(this.#read(part).text(1)));
    const members = new Map<string, string[]>(oneofNames.map((name) => [name, []]));
    const entries = new Map([...mapEntries].map((entry) => [entry.text(1), entry]));
    const fields = parts.map((part) => {
      const field = this.#read(part);
      const name = this.#checkedName(field.text(1));
      const oneof = field.has(9) ? oneofNames[field.integer(9)] : undefined;
      if (oneof !== undefined) members.get(oneof)?.push(name);
      const entry = entries.get(field.text(6).split('.').at(-1) ?? '');
      return [
        name,
        entry ? this.#mapField(field, entry, scope) : this.#plainField(field, scope, proto2),
      ] as const;
    });
    return {
      fields: record(fields),
      ...(members.size > 0 && { oneofs: record([...members].map(([name, oneof]) => [name, { oneof }])) }),
    };
  }

  #plainField(field: DescriptorMessage, scope: string, proto2: boolean): object {
    const label = labels[field.integer(4)];
    const options = {
      ...(field.integer(17) !== 0 && { proto3_optional: true }),
      ...(label === 'repeated' && { packed: this.#isPacked(field, proto2) }),
      ...(field.has(7) && { default: defaultOf(field) }),
    };
    const plain = { type: '', id: field.integer(3), ...(label && { rule: label }), options };
    this.#typeOf(field, scope, (type) => {
      plain.type = type;
    });
    return plain;
  }

  #mapField(field: DescriptorMessage, entry: DescriptorMessage, scope: string): object {
    const parts = entry.all(2).map((part) => this.#read(part));
    this.#members(parts.length);
    const [key, value] = [1, 2].map((number) => parts.find((part) => part.integer(3) === number));
    if (!key || !value) throw new RangeError('a map has no key or no value');
    const map = { keyType: scalarTypes[key.integer(5)] ?? '', type: '', id: field.integer(3) };
    if (map.keyType === '') throw new RangeError('the key of a map has a type that is not supported');
    this.#typeOf(value, scope, (type) => {
      map.type = type;
    });
    return map;
  }

  #isMapEntry(message: DescriptorMessage): boolean {
    return message.all(7).some((options) => this.#read(options).integer(7) !== 0);
  }

  #isPacked(field: DescriptorMessage, proto2: boolean): boolean {
    const said = field.all(8).map((options) => this.#read(options));
    const options = said.find((each) => each.has(2));
    return options ? options.integer(2) !== 0 : !proto2;
  }

  #typeOf(field: DescriptorMessage, scope: string, use: (type: string) => void): void {
    const type = scalarTypes[field.integer(5)];
    if (type !== undefined) {
      use(type);
      return;
    }
    if (field.text(6) === '' || field.integer(5) === group) {
      throw new RangeError(`the field ${quoted(field.text(1))} has a type that is not supported`);
    }
    this.#mention(field.text(6), scope, (full) => {
      use(`.${full}`);
    });
  }

  #mention(type: string, scope: string, use: (full: string) => void): void {
    this.#budget.check('nameLength', type.length);
    this.#mentions.push({ reference: { type, scope }, use });
  }

  /**
   * Counts the members of one message or service: protobuf.js takes time that grows with the square of their number.
   */
  #members(count: number): void {
    this.#budget.check('membersOfOne', count);
    this.#budget.spend('members', count);
  }

  #namespaceAt(path: string): SchemaNode {
    this.#budget.check('nameLength', path.length);
    const names = path === '' ? [] : path.split('.');
    this.#budget.check('nesting', names.length);
    let place = this.#root;
    for (const name of names) {
      place.nested ??= record([]);
      place = place.nested[this.#checkedName(name)] ??= {};
    }
    return place;
  }

  #fullName(scope: string, name: string): string {
    const full = scope === '' ? this.#checkedName(name) : `${scope}.${this.#checkedName(name)}`;
    this.#budget.check('nameLength', full.length);
    return full;
  }

  #checkedName(name: string): string {
    this.#budget.check('nameLength', name.length);
    if (/^[A-Za-z_]\w*$/.test(name) && name !== '__proto__') return name;
    throw new RangeError(`${quoted(name)} is not a name`);
  }
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}

function setNested(place: SchemaNode, name: string, node: SchemaNode): void {
  place.nested ??= record([]);
  const existing = place.nested[name];
  // A package may have the name of a message around it.
  place.nested[name] = existing ? Object.assign(node, { ...existing, ...node }) : node;
}

/** Makes an object without a prototype, because the names come from the other side. */
function record<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const made = Object.create(null) as Record<string, T>;
  for (const [name, value] of entries) made[name] = value;
  return made;
}
