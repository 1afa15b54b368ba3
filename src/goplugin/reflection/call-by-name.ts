/** Calls of a service that is known by its name only, with messages as JSON. */
import { InvalidOptionError } from '../../errors.ts';
import { nearest } from '../../settings/nearest.ts';
import type { DynamicCall, DynamicService, Messages, ProtoMessage } from '../service.ts';
import type { Reflection } from './client.ts';

/** The requested call: its method and its message. */
export interface WantedCall {
  readonly service: string;
  readonly method: string;
  readonly request: ProtoMessage | ProtoMessage[];
}

/** @throws InvalidOptionError */
export function wantedCall(path: string, json: string): WantedCall {
  const [service, method] = splitPath(path);
  return { service, method, request: parseRequest(json) };
}

/** A plugin that can describe and receive calls. It may be a mount, whose calls survive restarts. */
export interface Callable {
  readonly reflection: Reflection;
  client(service: DynamicService): Readonly<Record<string, DynamicCall | undefined>>;
}

/**
 * Makes a call by the plugin's description of itself. Each reply is passed on as JSON data, with bytes as base64; the
 * next one is read when `onReply` has finished with it.
 *
 * @returns whether the replies are a stream
 * @throws InvalidOptionError for an unknown method or field; otherwise the errors of a call
 */
export async function callByName(
  plugin: Callable,
  { service, method: name, request }: WantedCall,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number | undefined },
  onReply: (reply: unknown, streamed: boolean) => void | Promise<void>,
): Promise<void> {
  const { signal } = options;
  const definition = await plugin.reflection.service(await fullName(plugin, service, signal), { signal });
  const method = methodNamed(definition, name);
  if (method.requestStream !== Array.isArray(request)) {
    throw new InvalidOptionError(
      'request',
      method.requestStream
        ? `${name} takes a stream of requests: give an array`
        : `${name} takes one request, not an array`,
    );
  }
  const reply = plugin.client(definition)[name]?.(request as ProtoMessage | Messages<ProtoMessage>, options);
  if (reply === undefined) return;
  if (method.responseStream) for await (const message of reply) await onReply(asJson(message), true);
  else await onReply(asJson(await reply), false);
}

function splitPath(path: string): [service: string, method: string] {
  const [, service, method] = /^\/?([\w.]+)\/(\w+)$/.exec(path) ?? [];
  if (service === undefined || method === undefined) {
    throw new InvalidOptionError(
      'method',
      `SERVICE/METHOD must be like proto.KV/Get, not ${JSON.stringify(path.slice(0, 200))}`,
    );
  }
  return [service, method];
}

function parseRequest(json: string): ProtoMessage | ProtoMessage[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new InvalidOptionError('request', `the request is not JSON: ${(error as Error).message}`);
  }
  const messages: unknown[] = Array.isArray(value) ? value : [value];
  if (messages.every((each) => typeof each === 'object' && each !== null && !Array.isArray(each))) {
    return value as ProtoMessage | ProtoMessage[];
  }
  throw new InvalidOptionError(
    'request',
    'a request is a JSON object, and a stream of them an array of objects',
  );
}

/** Finds the one service with this full name, or whose name ends with it. */
async function fullName(plugin: Callable, given: string, signal: AbortSignal): Promise<string> {
  if (given.includes('.')) return given;
  const names = await plugin.reflection.services({ signal });
  const found = names.filter((name) => name === given || name.endsWith(`.${given}`));
  if (found.length > 1) {
    throw new InvalidOptionError('method', `${given} may be ${found.join(' or ')}: give the full name`);
  }
  return found[0] ?? given; // the call then fails with the names that the plugin has
}

function methodNamed(definition: DynamicService, name: string): DynamicService[string] {
  const method = Object.hasOwn(definition, name) ? definition[name] : undefined;
  if (method) return method;
  const names = Object.keys(definition);
  const near = nearest(name, names);
  throw new InvalidOptionError(
    'method',
    `the service has no method ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
    { hint: `It has ${names.join(', ')}.` },
  );
}

/** Converts bytes to base64, as the JSON format of protobuf does. */
function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asJson(each)]));
}
