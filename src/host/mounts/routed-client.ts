/**
 * Clients whose calls go to whichever plugin serves at the moment. A call that finds none waits for the restart. A call
 * that had not reached its plugin when that was lost is sent again.
 */
import { serviceDefinition, startOf, type StartUnary } from '../../goplugin/internal.ts';
import type { CallOptions, MethodShape, ServiceDefinition } from '../../goplugin/index.ts';
import { checkArgument } from '../../settings/option-shape.ts';
import { Attempt } from './attempt.ts';
import type { Route, RoutedCallOptions, MountedGeneration } from './route.ts';

type RoutedCall = (request: unknown, options?: RoutedCallOptions) => unknown;

export function routedClient(route: Route, service: ServiceDefinition): Readonly<Record<string, RoutedCall>> {
  checkArgument('mount.client', 'service', serviceDefinition, service);
  const client: Record<string, RoutedCall> = {};
  for (const [name, method] of Object.entries(service)) {
    const call = routedCall(route, service, name, method);
    client[name] = call;
    client[name.charAt(0).toLowerCase() + name.slice(1)] = call;
  }
  return client;
}

function routedCall(route: Route, service: ServiceDefinition, name: string, method: MethodShape): RoutedCall {
  const send: Send = (use, request, options) => use.client(service)[name]?.(request, options);
  if (method.responseStream) return (request, options) => stream(route, method, send, request, options);
  let on: MountedGeneration | undefined;
  let start: StartUnary | undefined;
  return (request, options) => {
    const use = route.serving;
    if (use !== undefined && use !== on) {
      on = use;
      start = startOf(use.client(service)[name] ?? send);
    }
    if (use === undefined || start === undefined) return unary(route, method, send, request, options);
    return unaryOn(use, start, route, method, send, request, options);
  };
}

type Send = (use: MountedGeneration, request: unknown, options: CallOptions | undefined) => unknown;

/**
 * Makes a call with one reply of a plugin that serves. It goes without a promise for each sending, which would be most of
 * what a mount adds to a call.
 */
function unaryOn(
  use: MountedGeneration,
  start: StartUnary,
  route: Route,
  method: MethodShape,
  send: Send,
  request: unknown,
  options: RoutedCallOptions | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const attempt = new Attempt(route, method, request, options);
    const replied = (reply: unknown): void => {
      attempt.end(use);
      attempt.over();
      resolve(reply);
    };
    const failed = (error: unknown): void => {
      attempt.end(use);
      try {
        attempt.failed(error, use); // throws unless the call may be sent again
        resolve(sendUntilOver(attempt, route, send));
      } catch (final) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it may be an abort's reason, which is the caller's own
        reject(final);
      }
    };
    attempt.begin(use);
    try {
      start(attempt.request, attempt.options(), replied, failed);
    } catch (error) {
      failed(error);
    }
  });
}

/** Makes a call with one reply, which waits for a plugin, or whose requests are a stream. */
async function unary(
  route: Route,
  method: MethodShape,
  send: Send,
  request: unknown,
  options: RoutedCallOptions | undefined,
): Promise<unknown> {
  return await sendUntilOver(new Attempt(route, method, request, options), route, send);
}

async function sendUntilOver(attempt: Attempt, route: Route, send: Send): Promise<unknown> {
  for (;;) {
    const use = route.serving ?? (await attempt.wait());
    attempt.begin(use);
    try {
      const reply = await send(use, attempt.request, attempt.options());
      attempt.end(use);
      attempt.over();
      return reply;
    } catch (error) {
      attempt.end(use);
      attempt.failed(error, use); // throws unless the call may be sent again
    }
  }
}

/** Makes a call with a stream of replies. Once a reply was handed on, the call is not sent again. */
async function* stream(
  route: Route,
  method: MethodShape,
  send: Send,
  request: unknown,
  options: RoutedCallOptions | undefined,
): AsyncGenerator {
  const attempt = new Attempt(route, method, request, options);
  for (;;) {
    const use = route.serving ?? (await attempt.wait());
    attempt.begin(use);
    let received = false;
    let failed = false;
    try {
      for await (const reply of send(use, attempt.request, attempt.options()) as AsyncIterable<unknown>) {
        received = true;
        yield reply;
      }
      return;
    } catch (error) {
      failed = true;
      attempt.failed(error, use, { received });
    } finally {
      attempt.end(use);
      if (!failed) attempt.over(); // its caller may have left it early
    }
  }
}
