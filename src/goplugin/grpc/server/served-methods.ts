/** The methods that a server has, by their paths. */
import { InvalidOptionError } from '../../../errors.ts';
import type { CallContext, MethodShape, ServedService } from '../../service.ts';
import { lowerFirst } from '../client/client.ts';

export type Handler = (request: unknown, context: CallContext) => unknown;

export interface ServedMethod {
  readonly method: MethodShape;
  readonly handler: Handler | undefined;
}

/**
 * Returns the functions that implement a service, by the names of its methods. A method without one is left out.
 *
 * @throws InvalidOptionError when an implementation does not fit its definition
 */
export function handlersOf({ definition, implementation }: ServedService): ReadonlyMap<string, Handler> {
  const handlers = new Map<string, Handler>();
  const known = new Set<string>();
  for (const name of Object.keys(definition)) {
    known.add(name).add(lowerFirst(name));
    const handler = findHandler(implementation, name);
    if (handler) handlers.set(name, handler);
  }
  const unknown = methodNames(implementation).find((name) => !known.has(name));
  if (unknown === undefined) return handlers;
  throw new InvalidOptionError('implementation', `the service has no method ${JSON.stringify(unknown)}`, {
    hint: `Its methods are ${Object.keys(definition).join(', ')}.`,
  });
}

/** A method without an implementation is UNIMPLEMENTED. @throws Error when two services have the same method */
export function servedMethods(services: readonly ServedService[]): ReadonlyMap<string, ServedMethod> {
  const methods = new Map<string, ServedMethod>();
  for (const service of services) {
    const handlers = handlersOf(service);
    for (const [name, method] of Object.entries(service.definition)) {
      if (methods.has(method.path)) throw new Error(`${method.path} is served already`);
      methods.set(method.path, { method, handler: handlers.get(name) });
    }
  }
  return methods;
}

function findHandler(implementation: object, name: string): Handler | undefined {
  const methods = implementation as Record<string, unknown>;
  const found = methods[name] ?? methods[lowerFirst(name)];
  return typeof found === 'function' ? (found.bind(implementation) as Handler) : undefined;
}

/**
 * Names of the own functions of a plain object. A class instance may have other methods beside those of the service.
 */
function methodNames(implementation: object): string[] {
  if (Object.getPrototypeOf(implementation) !== Object.prototype) return [];
  return Object.keys(implementation).filter(
    (name) => typeof (implementation as Record<string, unknown>)[name] === 'function',
  );
}
