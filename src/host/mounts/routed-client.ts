/**
 * Clients whose calls go to whichever plugin serves at the moment. A call that finds none waits for the restart. A call
 * that had not reached its plugin when that was lost is sent again.
 */
import { callOptionChecks, serviceDefinition } from '../../goplugin/internal.ts';
import {
  PluginError,
  type CallOptions,
  type MethodShape,
  type Messages,
  type ServiceDefinition,
} from '../../goplugin/index.ts';
import { checkArgument, checkShape, flag, shapeOf } from '../../settings/option-shape.ts';
import { beginNow, fateOf } from './call-fate.ts';
import { OutcomeUnknownError } from '../errors.ts';
import type { Route, RoutedCallOptions, MountedGeneration, Wait } from './route.ts';

const routedCallOptions = shapeOf<RoutedCallOptions>({ ...callOptionChecks, idempotent: flag });

/** How many times an idempotent call is sent at most. */
const mostSends = 5;

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
  return (request, options) => unary(route, method, send, request, options);
}

type Send = (use: MountedGeneration, request: unknown, options: CallOptions | undefined) => unknown;

/** Makes a call with one reply; its requests may be a stream. */
async function unary(
  route: Route,
  method: MethodShape,
  send: Send,
  request: unknown,
  options: RoutedCallOptions | undefined,
): Promise<unknown> {
  const attempt = new Attempt(route, method, request, options);
  for (;;) {
    const use = route.serving ?? (await route.serve(attempt.waits()));
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
    const use = route.serving ?? (await route.serve(attempt.waits()));
    attempt.begin(use);
    let received = false;
    try {
      for await (const reply of send(use, attempt.request, attempt.options()) as AsyncIterable<unknown>) {
        received = true;
        yield reply;
      }
      attempt.over();
      return;
    } catch (error) {
      attempt.failed(error, use, { received });
    } finally {
      attempt.end(use);
    }
  }
}

/** One call of a caller, however many times it is sent. */
class Attempt {
  readonly request: unknown;
  readonly #route: Route;
  readonly #path: string;
  readonly #options: RoutedCallOptions | undefined;
  readonly #begun: number;
  readonly #deadline: number | undefined;
  readonly #drawn: (() => boolean) | undefined;
  #begin = beginNow();
  #sent = 0;
  #waited = false;

  constructor(route: Route, method: MethodShape, request: unknown, options: RoutedCallOptions | undefined) {
    if (options !== undefined) checkShape(method.path, routedCallOptions, options);
    const timeoutMs = options?.timeoutMs;
    this.#route = route;
    this.#path = method.path;
    this.#options = options;
    this.#begun = this.#begin.steady;
    this.#deadline = timeoutMs === undefined || timeoutMs === Infinity ? undefined : this.#begun + timeoutMs;
    if (method.requestStream) {
      const watched = watchDrawing(request as Messages<unknown>);
      this.request = watched.messages;
      this.#drawn = watched.drawn;
    } else this.request = request;
  }

  /** The signal and deadline with which the call waits for a plugin. */
  waits(): Wait {
    this.#waited = true;
    return { signal: this.#options?.signal, deadline: this.#deadline };
  }

  begin(use: MountedGeneration): void {
    use.enter();
    this.#sent += 1;
    // Reading both clocks takes a good part of a mount's overhead, so a call that did not wait keeps the time of its
    // creation.
    if (this.#waited || this.#sent > 1) this.#begin = beginNow();
  }

  end(use: MountedGeneration): void {
    use.leave();
  }

  over(error?: unknown): void {
    this.#route.report.called(this.#route, { path: this.#path, begun: this.#begun, sent: this.#sent, error });
  }

  /** The plugin gets the rest of the caller's time as the call's deadline. */
  options(): CallOptions | undefined {
    const { metadata } = this.#route;
    if (metadata === undefined && this.#sent === 1 && !(this.#options && 'idempotent' in this.#options))
      return this.#options;
    return {
      signal: this.#options?.signal,
      timeoutMs: this.#deadline === undefined ? undefined : Math.max(1, this.#deadline - performance.now()),
      metadata:
        metadata === undefined ? this.#options?.metadata : { ...this.#options?.metadata, ...metadata },
    };
  }

  /** Returns when the call may be sent again. @throws the error that the caller gets */
  failed(error: unknown, use: MountedGeneration, { received = false } = {}): void {
    const fate = fateOf(error, use.generation, this.#begin);
    const gone = this.#options?.signal?.aborted === true || received || this.#drawn?.() === true;
    if (fate === 'not-reached' && !gone) return;
    if (fate === 'unknown' && !gone && this.#mayRepeat() && this.#sent < mostSends) return;
    const told = fate === 'unknown' && !received && !this.#mayRepeat() ? this.#unknown(error, use) : error;
    const final = this.#route.redactError === undefined ? told : this.#route.redactError(told);
    this.over(final);
    throw final;
  }

  #mayRepeat(): boolean {
    return this.#options?.idempotent ?? this.#route.isIdempotent?.(this.#path) ?? false;
  }

  #unknown(cause: unknown, use: MountedGeneration): OutcomeUnknownError {
    const exit = cause instanceof PluginError ? cause.exit : undefined;
    return new OutcomeUnknownError(use.generation.plugin.name, this.#path, { cause, exit });
  }
}

/** Notes whether messages were drawn from the caller's stream, since they can't be drawn again. */
function watchDrawing(messages: Messages<unknown>): {
  messages: AsyncIterable<unknown>;
  drawn: () => boolean;
} {
  let drawn = false;
  return {
    messages: {
      async *[Symbol.asyncIterator]() {
        drawn = true;
        yield* messages;
      },
    },
    drawn: () => drawn,
  };
}
