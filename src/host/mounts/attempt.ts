/** One call of a mount, however many times it is sent: its clocks, its deadline, and whether it may be sent again. */
import { callOptionChecks } from '../../goplugin/internal.ts';
import { PluginError, type CallOptions, type MethodShape, type Messages } from '../../goplugin/index.ts';
import { checkShape, flag, shapeOf } from '../../settings/option-shape.ts';
import { OutcomeUnknownError } from '../errors.ts';
import { beginAt, clocksApart, fateOf } from './call-fate.ts';
import type { Route, RoutedCallOptions, MountedGeneration } from './route.ts';

const routedCallOptions = shapeOf<RoutedCallOptions>({ ...callOptionChecks, idempotent: flag });

/** How many times an idempotent call is sent at most. */
const mostSends = 5;

/** One call of a caller, however many times it is sent. */
export class Attempt {
  readonly request: unknown;
  readonly #route: Route;
  readonly #path: string;
  readonly #options: RoutedCallOptions | undefined;
  readonly #begun: number;
  readonly #deadline: number | undefined;
  readonly #drawn: (() => boolean) | undefined;
  #begin: number;
  #apart: number;
  #sent = 0;
  #waited = false;

  constructor(route: Route, method: MethodShape, request: unknown, options: RoutedCallOptions | undefined) {
    if (options !== undefined) checkShape(method.path, routedCallOptions, options);
    const timeoutMs = options?.timeoutMs;
    this.#route = route;
    this.#path = method.path;
    this.#options = options;
    this.#begun = this.#begin = performance.now();
    this.#apart = clocksApart(this.#begin);
    this.#deadline = timeoutMs === undefined || timeoutMs === Infinity ? undefined : this.#begun + timeoutMs;
    if (method.requestStream) {
      const watched = watchDrawing(request as Messages<unknown>);
      this.request = watched.messages;
      this.#drawn = watched.drawn;
    } else this.request = request;
  }

  /** Waits for a plugin, until the call's deadline. @throws why there is none, or the abort's reason; the call is over then */
  async wait(): Promise<MountedGeneration> {
    this.#waited = true;
    try {
      return await this.#route.serve({ signal: this.#options?.signal, deadline: this.#deadline });
    } catch (error) {
      throw this.#overWith(error);
    }
  }

  begin(use: MountedGeneration): void {
    use.enter();
    this.#sent += 1;
    // Reading a clock takes a good part of a mount's overhead, so a call that did not wait keeps the time of its
    // creation.
    if (this.#waited || this.#sent > 1) {
      this.#begin = performance.now();
      this.#apart = clocksApart(this.#begin);
    }
  }

  end(use: MountedGeneration): void {
    use.leave();
  }

  over(error?: unknown): void {
    this.#route.report.called(this.#route, this.#path, this.#begun, this.#sent, error);
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
    const fate = fateOf(error, use.generation, beginAt(this.#begin, this.#apart));
    const gone = this.#options?.signal?.aborted === true || received || this.#drawn?.() === true;
    if (fate === 'not-reached' && !gone) return;
    if (fate === 'unknown' && !gone && this.#mayRepeat() && this.#sent < mostSends) return;
    const told = fate === 'unknown' && !received && !this.#mayRepeat() ? this.#unknown(error, use) : error;
    throw this.#overWith(told);
  }

  /** Returns what the caller gets. */
  #overWith(error: unknown): unknown {
    const told = this.#route.redactError === undefined ? error : this.#route.redactError(error);
    this.over(told);
    return told;
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
