/**
 * The message types of a definition that carries its descriptors, as those of proto-loader, `loadProto` and reflection
 * do: which fields a message has, and what each takes. Pure.
 */
import { DescriptorMessage } from '../reflection/descriptor-message.ts';
import { resolve } from '../reflection/descriptor.ts';
import { group, labels, scalarTypes } from '../reflection/field-types.ts';

export interface MessageType {
  /** Fields by the names under which the definition reads them from an object. */
  readonly fields: ReadonlyMap<string, FieldType>;
  /** Members of each oneof by its name. */
  readonly oneofs: ReadonlyMap<string, readonly string[]>;
}

export interface FieldType {
  readonly form: 'single' | 'list' | 'map';
  /** Name of the scalar type of a map's keys. */
  readonly key?: string | undefined;
  readonly value: ValueType;
}

export type ValueType =
  | { readonly kind: 'scalar'; readonly name: string }
  /** The names of the values, in each enum that may be meant. */
  | { readonly kind: 'enum'; readonly names: ReadonlySet<string> }
  /** The full name of the type. */
  | { readonly kind: 'message'; readonly name: string }
  /** The descriptors do not say. */
  | { readonly kind: 'unknown' };

/** Field numbers of google/protobuf/descriptor.proto. */
const file = { package: 2, message: 4, enum: 5, service: 6 } as const;
const message = { name: 1, field: 2, nested: 3, enum: 4, options: 7, oneof: 8 } as const;
const field = { name: 1, extendee: 2, label: 4, type: 5, typeName: 6, oneof: 9 } as const;
const method = { name: 1, input: 2, output: 3 } as const;
const mapEntry = 7;

const messageTypes = [group, 11];

export class DescribedTypes {
  readonly #messages = new Map<string, DescriptorMessage>();
  readonly #enums = new Map<string, DescriptorMessage>();
  readonly #methods = new Map<string, { readonly request: string; readonly reply: string }>();
  readonly #types = new Map<string, MessageType>();

  /** @throws RangeError when the bytes are not descriptors */
  constructor(files: readonly Uint8Array[]) {
    for (const bytes of files) {
      const parts = new DescriptorMessage(bytes);
      const scope = parts.text(file.package);
      for (const part of parts.all(file.message)) this.#addMessage(scope, part);
      for (const part of parts.all(file.enum)) this.#addEnum(scope, part);
      for (const part of parts.all(file.service)) this.#addService(scope, part);
    }
  }

  /** Returns the full names of the messages of a method such as `/proto.KV/Get`. */
  method(path: string): { readonly request: string; readonly reply: string } | undefined {
    return this.#methods.get(path);
  }

  /** Returns the type of this full name. */
  message(name: string): MessageType | undefined {
    const known = this.#types.get(name);
    if (known !== undefined) return known;
    const described = this.#messages.get(name);
    if (described === undefined) return undefined;
    const type = this.#typeOf(name, described);
    this.#types.set(name, type);
    return type;
  }

  #addMessage(scope: string, bytes: Uint8Array): void {
    const parts = new DescriptorMessage(bytes);
    const name = join(scope, parts.text(message.name));
    this.#messages.set(name, parts);
    for (const part of parts.all(message.nested)) if (!isMapEntry(part)) this.#addMessage(name, part);
    for (const part of parts.all(message.enum)) this.#addEnum(name, part);
  }

  #addEnum(scope: string, bytes: Uint8Array): void {
    const parts = new DescriptorMessage(bytes);
    this.#enums.set(join(scope, parts.text(1)), parts);
  }

  #addService(scope: string, bytes: Uint8Array): void {
    const parts = new DescriptorMessage(bytes);
    const service = join(scope, parts.text(1));
    for (const part of parts.all(2)) {
      const described = new DescriptorMessage(part);
      const [request, reply] = [method.input, method.output].map((number) =>
        resolve({ type: described.text(number), scope: service }, (name) => this.#messages.has(name)),
      );
      // Messages may stand behind the service that uses them, or in a later file.
      this.#methods.set(`/${service}/${described.text(method.name)}`, {
        request: request ?? described.text(method.input).replace(/^\./, ''),
        reply: reply ?? described.text(method.output).replace(/^\./, ''),
      });
    }
  }

  #typeOf(name: string, parts: DescriptorMessage): MessageType {
    const oneofNames = parts.all(message.oneof).map((part) => new DescriptorMessage(part).text(1));
    const oneofs = new Map<string, string[]>(oneofNames.map((oneof) => [oneof, []]));
    const entries = new Map(
      parts
        .all(message.nested)
        .filter(isMapEntry)
        .map((part) => new DescriptorMessage(part))
        .map((entry) => [entry.text(message.name), entry]),
    );
    const fields = new Map<string, FieldType>();
    for (const part of parts.all(message.field)) {
      const described = new DescriptorMessage(part);
      const own = described.text(field.name);
      // An extension that is declared here belongs to another message, where it has a name with a leading point.
      if (described.text(field.extendee) !== '' && !own.startsWith('.')) continue;
      fields.set(own, this.#fieldOf(described, name, entries));
      const oneof = described.has(field.oneof) ? oneofNames[described.integer(field.oneof)] : undefined;
      if (oneof !== undefined) oneofs.get(oneof)?.push(own);
    }
    return { fields, oneofs };
  }

  #fieldOf(
    described: DescriptorMessage,
    scope: string,
    entries: ReadonlyMap<string, DescriptorMessage>,
  ): FieldType {
    if (labels[described.integer(field.label)] !== 'repeated') {
      return { form: 'single', value: this.#valueOf(described, scope) };
    }
    const entry = isNamedAfter(described) ? entries.get(described.text(field.typeName)) : undefined;
    if (entry === undefined) return { form: 'list', value: this.#valueOf(described, scope) };
    const [key, value] = entry.all(message.field).map((part) => new DescriptorMessage(part));
    if (key === undefined || value === undefined) return { form: 'map', value: { kind: 'unknown' } };
    return { form: 'map', key: scalarTypes[key.integer(field.type)], value: this.#valueOf(value, scope) };
  }

  #valueOf(described: DescriptorMessage, scope: string): ValueType {
    const type = described.integer(field.type);
    const scalar = scalarTypes[type];
    if (scalar !== undefined) return { kind: 'scalar', name: scalar };
    const reference = { type: described.text(field.typeName), scope };
    if (messageTypes.includes(type)) {
      const name = resolve(reference, (each) => this.#messages.has(each));
      return name === undefined ? { kind: 'unknown' } : { kind: 'message', name };
    }
    const names = this.#enumNames(reference.type, scope);
    return names.size === 0 ? { kind: 'unknown' } : { kind: 'enum', names };
  }

  /**
   * Returns the names of an enum's values. protobuf.js shortens the names of enums without looking whether an inner
   * scope has the same name, so the values of every enum that may be meant are allowed.
   */
  #enumNames(type: string, scope: string): Set<string> {
    const path = type.startsWith('.') ? [] : scope.split('.');
    const names = new Set<string>();
    for (let length = path.length; length >= 0; length -= 1) {
      const full = join(path.slice(0, length).join('.'), type.replace(/^\./, ''));
      for (const part of this.#enums.get(full)?.all(2) ?? []) names.add(new DescriptorMessage(part).text(1));
    }
    return names;
  }
}

function isMapEntry(bytes: Uint8Array): boolean {
  return new DescriptorMessage(bytes)
    .all(message.options)
    .some((options) => new DescriptorMessage(options).integer(mapEntry) !== 0);
}

/** Whether the type is named after the field, as protobuf.js names the entries of a map. */
function isNamedAfter(described: DescriptorMessage): boolean {
  const name = described.text(field.name);
  return described.text(field.typeName) === name.charAt(0).toUpperCase() + name.slice(1);
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}
