/**
 * What a file descriptor (`google.protobuf.FileDescriptorProto`, google/protobuf/descriptor.proto) says of itself:
 * its name, what it defines, what it refers to. Pure.
 */
import { bytesField } from '../wire/protobuf.ts';
import type { Budget } from './budget.ts';
import { DescriptorMessage } from './descriptor-message.ts';

export interface FileSummary {
  readonly name: string;
  /** Names of the files that it imports. */
  readonly imports: readonly string[];
  /** Full names of the messages, enums, services and methods that it defines. */
  readonly symbols: readonly string[];
  /** The types that its fields and methods name, each with the full name of the scope in which the name stands. */
  readonly references: readonly Reference[];
}

export interface Reference {
  readonly type: string;
  readonly scope: string;
}

/** Field numbers of descriptor.proto. */
const file = { name: 1, package: 2, dependency: 3, message: 4, enum: 5, service: 6 } as const;
const message = { name: 1, field: 2, nested: 3, enum: 4 } as const;
const service = { name: 1, method: 2 } as const;
const method = { name: 1, input: 2, output: 3 } as const;
const fieldType = 6;

/** Deepest nesting that is read: deeper than any sensible message, and shallow enough for the stack. */
const deepestNesting = 64;

/** @throws RangeError when the bytes are not a descriptor */
export function summarise(bytes: Uint8Array): FileSummary {
  const fields = new DescriptorMessage(bytes);
  const packageName = fields.text(file.package);
  const seen = { symbols: [] as string[], references: [] as Reference[] };
  for (const part of fields.all(file.message)) readType(part, packageName, seen, 0);
  for (const part of fields.all(file.enum))
    seen.symbols.push(join(packageName, new DescriptorMessage(part).text(1)));
  for (const part of fields.all(file.service)) readService(part, packageName, seen);
  return { name: fields.text(file.name), imports: fields.texts(file.dependency), ...seen };
}

/**
 * Returns its name and those of the files that it imports, which is all that is needed to ask for them. @throws as
 * `summarise`; LimitExceeded
 */
export function nameAndImports(bytes: Uint8Array, budget: Budget): Pick<FileSummary, 'name' | 'imports'> {
  const fields = new DescriptorMessage(bytes, budget);
  const [name, imports] = [fields.text(file.name), fields.texts(file.dependency)];
  budget.spend('imports', imports.length);
  for (const each of [name, ...imports]) budget.check('nameLength', each.length);
  return { name, imports };
}

/**
 * Returns the descriptor under another name and with these imports besides its own. For the name, which is a field that
 * then occurs twice, the last value counts.
 */
export function renamed(bytes: Uint8Array, name: string, imports: readonly string[]): Buffer {
  return Buffer.concat([
    bytes,
    bytesField(file.name, name),
    ...imports.map((each) => bytesField(file.dependency, each)),
  ]);
}

/** Returns the full name of the type that a reference means. Names are looked up from the innermost scope outwards. */
export function resolve(
  { type, scope }: Reference,
  isDefined: (name: string) => boolean,
): string | undefined {
  if (type.startsWith('.')) return isDefined(type.slice(1)) ? type.slice(1) : undefined;
  const path = scope.split('.');
  for (let length = path.length; length >= 0; length -= 1) {
    const name = join(path.slice(0, length).join('.'), type);
    if (isDefined(name)) return name;
  }
  return undefined;
}

interface Seen {
  readonly symbols: string[];
  readonly references: Reference[];
}

function readType(bytes: Buffer, scope: string, seen: Seen, depth: number): void {
  if (depth > deepestNesting) throw new RangeError('messages are nested too deeply');
  const fields = new DescriptorMessage(bytes);
  const name = join(scope, fields.text(message.name));
  seen.symbols.push(name);
  for (const part of fields.all(message.field)) {
    const type = new DescriptorMessage(part).text(fieldType);
    if (type !== '') seen.references.push({ type, scope: name });
  }
  for (const part of fields.all(message.enum))
    seen.symbols.push(join(name, new DescriptorMessage(part).text(1)));
  for (const part of fields.all(message.nested)) readType(part, name, seen, depth + 1);
}

function readService(bytes: Buffer, scope: string, seen: Seen): void {
  const fields = new DescriptorMessage(bytes);
  const name = join(scope, fields.text(service.name));
  seen.symbols.push(name);
  for (const part of fields.all(service.method)) {
    const parts = new DescriptorMessage(part);
    seen.symbols.push(join(name, parts.text(method.name)));
    for (const number of [method.input, method.output])
      seen.references.push({ type: parts.text(number), scope: name });
  }
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}
