/**
 * Checks messages before they are encoded, where the definition says what they look like. Generated code brings
 * serializers without a description, and is left to check its messages itself.
 */
import { boundedLine } from '../../foreign-text.ts';
import { InvalidOptionError } from '../../errors.ts';
import type { MethodShape } from '../service.ts';
import { Compiler, type ValueCheck, type Wrong } from './compile.ts';
import { DescribedTypes } from './message-types.ts';

/** The descriptors that proto-loader leaves on the message types of a method. */
interface DescribedMethod extends MethodShape {
  readonly requestType?: { readonly fileDescriptorProtos?: unknown } | undefined;
}

interface MethodChecks {
  readonly request: ValueCheck;
  readonly reply: ValueCheck;
}

const ofMethods = new WeakMap<object, MethodChecks | 'none'>();
/** All methods of a definition have the same list of descriptors. */
const ofDescriptors = new WeakMap<object, { readonly types: DescribedTypes; readonly compiler: Compiler }>();

/**
 * Checks a request or a reply of a method.
 *
 * @throws InvalidOptionError naming the field; its value is never part of the message
 */
export function checkMessage(method: MethodShape, side: keyof MethodChecks, message: unknown): void {
  let checks = ofMethods.get(method);
  if (checks === undefined) {
    checks = checksOf(method) ?? 'none';
    ofMethods.set(method, checks);
  }
  if (checks === 'none') return;
  const wrong = checks[side](message, 0);
  if (wrong !== undefined) throw wrongMessage(side, wrong);
}

function checksOf(method: DescribedMethod): MethodChecks | undefined {
  const files = method.requestType?.fileDescriptorProtos;
  if (!Array.isArray(files) || !files.every((bytes) => bytes instanceof Uint8Array)) return undefined;
  let described = ofDescriptors.get(files);
  if (described === undefined) {
    const types = new DescribedTypes(files);
    described = { types, compiler: new Compiler(types) };
    ofDescriptors.set(files, described);
  }
  const names = described.types.method(method.path);
  if (names === undefined) return undefined;
  const { compiler } = described;
  return { request: compiler.message(names.request), reply: compiler.message(names.reply) };
}

function wrongMessage(side: keyof MethodChecks, { path, takes, unknown }: Wrong): InvalidOptionError {
  const place = pathText(path);
  const option = place === '' ? side : place.startsWith('[') ? `${side}${place}` : `${side}.${place}`;
  if (unknown === undefined) {
    const what = place === '' ? `the ${side}` : `the field ${JSON.stringify(place)} of the ${side}`;
    return new InvalidOptionError(option, `${what} takes ${takes ?? 'another value'}`);
  }
  const question = unknown.meant === undefined ? '' : `; did you mean ${unknown.meant}?`;
  return new InvalidOptionError(
    option,
    `has no field ${JSON.stringify(boundedLine(unknown.name, 100))}${question}`,
    {
      hint: unknown.known === '' ? 'It has no fields.' : `It has ${unknown.known}.`,
    },
  );
}

function pathText(path: Wrong['path']): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[@\w.]+$/.test(part)) return `${text}[${JSON.stringify(boundedLine(part, 100))}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}
