/** One use of a plugin. Several mounts may share one instance. */
import { BulkheadError } from '../../errors.ts';
import type { CallMetadata, Plugin, ServiceDefinition, UnaryCall } from '../../goplugin/index.ts';
import type { ClientFor } from '../../goplugin/index.ts';
import type { Generation } from '../instances/generation.ts';
import type { Instance } from '../instances/instance.ts';
import { routedClient } from './routed-client.ts';
import {
  MountedGeneration,
  type CallOutcome,
  type Route,
  type RoutedCallOptions,
  type Wait,
} from './route.ts';

export interface MountOptions {
  /** What to call it; default: a random word. Sent to Vault's plugins as the id by which they tell mounts apart. */
  readonly id?: string | undefined;
  /** False: an instance of its own, whatever the plugin could. Default true. */
  readonly share?: boolean | undefined;
  /**
   * Prepares a plugin that was just started for this mount: Vault's Setup and Initialize. Called once for each plugin that
   * the mount gets, before any call goes to it: at first, after a restart, and for a reload. What it throws is what the
   * waiting calls get; the next call tries again.
   */
  readonly prepare?: ((plugin: Plugin, context: MountContext) => Promise<void>) | undefined;
  /** Takes leave of a plugin that lives on, or is about to be stopped. What it throws is reported as a warning. */
  readonly release?: ((plugin: Plugin, context: MountContext) => Promise<void>) | undefined;
  /** Whether calls of a method (`/package.Service/Method`) may always be carried out twice. Default: none may. */
  readonly isIdempotent?: ((path: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MountContext {
  readonly mountId: string;
  /** Sent with every call of the mount; calls of `prepare` and `release` have to send it themselves. */
  readonly metadata: CallMetadata | undefined;
  readonly signal: AbortSignal;
}

/** Makes clients whose calls survive restarts and reloads. Options of their calls are `RoutedCallOptions`. */
export interface RoutedClientMaker {
  <S extends ServiceDefinition>(service: S): RoutedClientFor<S>;
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names the interface
  <T extends object>(service: ServiceDefinition): T;
}

type WithRoutedOptions<C> =
  C extends UnaryCall<infer Request, infer Reply>
    ? (request: Request, options?: RoutedCallOptions) => Promise<Reply>
    : C extends (request: infer Request, options?: never) => infer Result
      ? (request: Request, options?: RoutedCallOptions) => Result
      : C;

/** As `ClientFor`, with `idempotent` among the options of calls. */
export type RoutedClientFor<S> = { readonly [K in keyof ClientFor<S>]: WithRoutedOptions<ClientFor<S>[K]> };

/** What a mount needs of its host. */
export interface MountHost {
  /** Told of every call's end. */
  called(mount: Mount, path: string, outcome: CallOutcome): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** Takes the mount out, and stops the instance if it was the last one. */
  leave(mount: Mount): Promise<void>;
}

export class Mount implements Route, AsyncDisposable {
  readonly mountId: string;
  /** As it was asked for, for a reload to ask anew. */
  readonly plugin: { readonly type: string; readonly name: string; readonly version: string | undefined };
  readonly metadata: CallMetadata | undefined;
  readonly client: RoutedClientMaker;
  readonly options: MountOptions;
  readonly #host: MountHost;
  readonly #life = new AbortController();
  #instance: Instance;
  #use: MountedGeneration | undefined;
  #preparing: { readonly generation: Generation; readonly done: Promise<MountedGeneration> } | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    mountId: string,
    plugin: Mount['plugin'],
    instance: Instance,
    host: MountHost,
    options: MountOptions,
  ) {
    this.mountId = mountId;
    this.plugin = plugin;
    this.options = options;
    this.metadata = instance.plugin.kind.metadata?.(mountId);
    this.#instance = instance;
    this.#host = host;
    this.client = ((service: ServiceDefinition) => routedClient(this, service)) as RoutedClientMaker;
  }

  get instance(): Instance {
    return this.#instance;
  }

  /** The version that runs; empty when unversioned. */
  get version(): string {
    return this.#instance.plugin.version;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  get isIdempotent(): ((path: string) => boolean) | undefined {
    return this.options.isIdempotent;
  }

  /** Calls that it has at this moment. */
  get calls(): number {
    return this.#use?.calls ?? 0;
  }

  get serving(): MountedGeneration | undefined {
    const use = this.#use;
    return use !== undefined && this.#closing === undefined && this.#instance.serving === use.generation
      ? use
      : undefined;
  }

  async serve(wait: Wait): Promise<MountedGeneration> {
    for (;;) {
      this.#refuseClosed();
      const instance = this.#instance;
      try {
        const generation = await instance.ready(wait);
        const use = await this.prepareOn(generation);
        if (this.#instance === instance && generation.usable) return (this.#use = use);
      } catch (error) {
        this.#refuseClosed();
        if (this.#instance === instance) throw error; // else it has moved on meanwhile
      }
    }
  }

  /** Asks the plugin's health service. Waits for a restart as a call does. */
  async health({
    timeoutMs = 5_000,
    signal,
  }: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<void> {
    const use = await this.serve({ signal, deadline: performance.now() + timeoutMs });
    await use.generation.plugin.health({ timeoutMs, signal });
  }

  /** Prepares a plugin for this mount, once, whoever asks. The mount's calls go on to where they went. */
  prepareOn(generation: Generation): Promise<MountedGeneration> {
    if (this.#use?.generation === generation) return Promise.resolve(this.#use);
    if (this.#preparing?.generation === generation) return this.#preparing.done;
    const done = this.#prepare(generation);
    const preparing = { generation, done };
    this.#preparing = preparing;
    done.catch(() => {
      if (this.#preparing === preparing) this.#preparing = undefined; // the next one tries again
    });
    return done;
  }

  /** From here on calls go to `use`. @returns the use that it had until now */
  moveTo(
    instance: Instance,
    use: MountedGeneration,
  ): { instance: Instance; use: MountedGeneration | undefined } {
    const before = { instance: this.#instance, use: this.#use };
    this.#instance = instance;
    this.#use = use;
    return before;
  }

  /** Lets the calls of `use` end, for `limitMs` at most, and takes leave of its plugin. */
  async releaseFrom(use: MountedGeneration, { limitMs }: { limitMs: number }): Promise<void> {
    await withinMs(limitMs, use.idle());
    if (this.options.release === undefined || !use.generation.usable) return;
    try {
      await this.options.release(use.generation.plugin, this.#context(AbortSignal.timeout(limitMs)));
    } catch (error) {
      this.#host.warn('a mount could not take leave of its plugin', { mount: this.mountId, error });
    }
  }

  called(path: string, outcome: CallOutcome): void {
    this.#host.called(this, path, outcome);
  }

  /** No call is taken any more; those that it has may end. The last mount of an instance stops it. Idempotent. */
  close({ drainMs = 10_000 }: { drainMs?: number | undefined } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(drainMs: number): Promise<void> {
    this.#life.abort(closedError(this.mountId));
    if (this.#use !== undefined) await this.releaseFrom(this.#use, { limitMs: drainMs });
    await this.#host.leave(this);
  }

  async #prepare(generation: Generation): Promise<MountedGeneration> {
    await this.options.prepare?.(generation.plugin, this.#context(this.#life.signal));
    return new MountedGeneration(generation);
  }

  #context(signal: AbortSignal): MountContext {
    return { mountId: this.mountId, metadata: this.metadata, signal };
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined) throw closedError(this.mountId);
  }
}

function closedError(id: string): BulkheadError {
  return new BulkheadError('MOUNT_CLOSED', `the mount ${id} is closed`);
}

/** Resolves with the promise, or after the time. */
async function withinMs(limitMs: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
