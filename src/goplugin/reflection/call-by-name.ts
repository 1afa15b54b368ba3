import type {
  DynamicCall,
  DynamicService,
  Messages,
  ProtoMessage,
  Reflection,
} from '../../goplugin/index.ts';
import type { Mount } from '../../host/index.ts';
import { nearest } from '../../settings/nearest.ts';
import { UsageError } from '../usage-error.ts';

/** The requested call: its method and its message. */
export interface WantedCall {
  readonly service: string;
  readonly method: string;
  readonly request: ProtoMessage | ProtoMessage[];
}

/** @throws UsageError */
export function wantedCall(path: string, json: string): WantedCall {
  const [service, method] = splitPath(path);
  return { service, method, request: parseRequest(json) };
}

/** A plugin that can describe and receive calls. It may be a mount, whose calls survive restarts. */
export interface Callable {
  readonly reflection: Reflection;
  client(service: DynamicService): Readonly<Record<string, DynamicCall | undefined>>;
}

/** Lets a mount be called by the plugin's description of itself. */
export function mountedPlugin({ reflection, client }: Mount): Callable {
  return { reflection, client: client };
}

/**
 * Makes a call by the plugin's description of itself. Each reply is passed on as JSON data, with bytes as base64; the
 * next one is read when `onReply` has finished with it.
 *
 * @returns whether the replies are a stream
 * @throws UsageError for an unknown method or field; otherwise the errors of a call
 */
export async function callByReflection(
  plugin: Callable,
  { service, method: name, request }: WantedCall,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number | undefined },
  onReply: (reply: unknown, streamed: boolean) => void | Promise<void>,
): Promise<void> {
  const { signal } = options;
  const definition = await plugin.reflection.service(await fullName(plugin, service, signal), { signal });
  const method = methodNamed(definition, name);
  if (method.requestStream !== Array.isArray(request)) {
    throw new UsageError(
      method.requestStream
        ? `${name} takes a stream of requests: give an array`
        : `${name} takes one request, not an array`,
    );
  }
  for (const message of Array.isArray(request) ? request : [request]) checkFields(method, message);
  const reply = plugin.client(definition)[name]?.(request as ProtoMessage | Messages<ProtoMessage>, options);
  if (reply === undefined) return;
  if (method.responseStream) for await (const message of reply) await onReply(asJson(message), true);
  else await onReply(asJson(await reply), false);
}

function splitPath(path: string): [service: string, method: string] {
  const [, service, method] = /^\/?([\w.]+)\/(\w+)$/.exec(path) ?? [];
  if (service === undefined || method === undefined) {
    throw new UsageError(`SERVICE/METHOD must be like proto.KV/Get, not ${JSON.stringify(path)}`);
  }
  return [service, method];
}

function parseRequest(json: string): ProtoMessage | ProtoMessage[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`the request is not JSON: ${(error as Error).message}`);
  }
  const messages: unknown[] = Array.isArray(value) ? value : [value];
  if (messages.every((each) => typeof each === 'object' && each !== null && !Array.isArray(each))) {
    return value as ProtoMessage | ProtoMessage[];
  }
  throw new UsageError('a request is a JSON object, and a stream of them an array of objects');
}

/** Finds the one service with this full name, or whose name ends with it. */
async function fullName(plugin: Callable, given: string, signal: AbortSignal): Promise<string> {
  if (given.includes('.')) return given;
  const names = await plugin.reflection.services({ signal });
  const found = names.filter((name) => name === given || name.endsWith(`.${given}`));
  if (found.length > 1) throw new UsageError(`${given} may be ${found.join(' or ')}: give the full name`);
  return found[0] ?? given; // the call then fails with the names that the plugin has
}

function methodNamed(definition: DynamicService, name: string): DynamicService[string] {
  const method = Object.hasOwn(definition, name) ? definition[name] : undefined;
  if (method) return method;
  const names = Object.keys(definition);
  const near = nearest(name, names);
  throw new UsageError(
    `the service has no method ${name}${near === undefined ? '' : `; did you mean ${near}?`}\n  it has ${names.join(', ')}`,
  );
}

/** A message type as proto-loader describes it: a `FieldDescriptorProto` with its enums as words. */
interface Described {
  readonly requestType?: { readonly type?: { readonly field?: readonly Field[] } };
}

interface Field {
  readonly name: string;
  readonly type?: string;
  readonly label?: string;
}

/** Refuses unknown fields, which would be left out silently, and values of another kind, which would be converted. */
function checkFields(method: DynamicService[string] & Described, message: ProtoMessage): void {
  const fields = method.requestType?.type?.field;
  if (fields === undefined) return;
  const names = fields.map(({ name }) => name);
  for (const [name, value] of Object.entries(message)) {
    const field = fields.find((each) => each.name === name);
    if (field === undefined) {
      const near = nearest(name, names);
      throw new UsageError(
        `the request has no field ${JSON.stringify(name)}${near === undefined ? '' : `; did you mean ${near}?`}\n  it has ${names.join(', ') || 'none'}`,
      );
    }
    const wanted = kindOf(field);
    if (value !== null && wanted !== undefined && !wanted.takes(value))
      throw new UsageError(`the field ${JSON.stringify(name)} of the request takes ${wanted.words}`);
  }
}

interface Kind {
  readonly words: string;
  readonly takes: (value: unknown) => boolean;
}

const isNumber = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && value !== '' && !Number.isNaN(Number(value)));

const kinds: Readonly<Record<string, Kind>> = {
  string: { words: 'a string', takes: (value) => typeof value === 'string' },
  bool: { words: 'true or false', takes: (value) => typeof value === 'boolean' },
  bytes: {
    words: 'bytes as a string of base64',
    takes: (value) => typeof value === 'string' && /^[\w+/-]*={0,2}$/.test(value),
  },
  number: { words: 'a number', takes: isNumber },
  enum: {
    words: "a value's name or its number",
    takes: (value) => typeof value === 'string' || Number.isInteger(value),
  },
  message: {
    words: 'an object',
    takes: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
};

/**
 * The kind of value for a type such as `TYPE_SINT32`. With `LABEL_REPEATED` it is a list; maps are repeated messages,
 * and objects in JSON.
 */
function kindOf({ type = '', label }: Field): Kind | undefined {
  const word = type.replace('TYPE_', '').toLowerCase();
  const one = kinds[/^(u?int|sint|s?fixed|float|double)/.test(word) ? 'number' : word];
  if (one === undefined || label !== 'LABEL_REPEATED') return one;
  return {
    words: word === 'message' ? 'an array of objects, or an object for a map' : `an array, each ${one.words}`,
    takes: (value) =>
      Array.isArray(value) ? value.every(one.takes) : word === 'message' && one.takes(value),
  };
}

/** Converts bytes to base64, as the JSON format of protobuf does. */
function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asJson(each)]));
}
