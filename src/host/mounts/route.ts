/** The route of a mount's calls: which generation gets them, and how many it has. */
import type { CallMetadata, CallOptions, DynamicService, ServiceDefinition } from '../../goplugin/index.ts';
import type { Generation } from '../instances/generation.ts';
import type { Instance } from '../instances/instance.ts';
import type { PluginCounters } from '../reporting/metrics.ts';
import type { Report } from '../reporting/report.ts';

/** Options of a call of a mount. `timeoutMs` includes the time that the call waits for a restart. */
export interface RoutedCallOptions extends CallOptions {
  /**
   * Whether the call may be carried out twice: then it is repeated even if a lost plugin may have carried it out
   * already.
   */
  readonly idempotent?: boolean | undefined;
}

export interface Wait {
  readonly signal?: AbortSignal | undefined;
  /** Deadline of the call, by `performance.now()`. */
  readonly deadline?: number | undefined;
}

/** One generation as one mount uses it. */
export class MountedGeneration {
  readonly instance: Instance;
  readonly generation: Generation;
  #calls = 0;
  #onIdle: (() => void)[] = [];
  readonly #clients = new Map<ServiceDefinition, Client>();

  constructor(instance: Instance, generation: Generation) {
    this.instance = instance;
    this.generation = generation;
  }

  get calls(): number {
    return this.#calls;
  }

  enter(): void {
    this.#calls += 1;
  }

  leave(): void {
    this.#calls -= 1;
    if (this.#calls > 0) return;
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const each of waiting) each();
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    if (this.#calls === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  client(service: ServiceDefinition): Client {
    let client = this.#clients.get(service);
    if (client === undefined) {
      client = this.generation.plugin.client(service as DynamicService) as unknown as Client;
      this.#clients.set(service, client);
    }
    return client;
  }
}

export type Client = Readonly<Record<string, (request: unknown, options?: CallOptions) => unknown>>;

export interface Route {
  /** Named in errors and events. */
  readonly plugin: { readonly type: string; readonly name: string };
  readonly mountId: string;
  /** What is counted of the plugin's calls. */
  readonly counters: PluginCounters;
  /** The generation that a call can be sent to at once; `undefined` when it has to wait. */
  readonly serving: MountedGeneration | undefined;
  /** Sent with every call. */
  readonly metadata: CallMetadata | undefined;
  /** Whether calls of this method may always be carried out twice. */
  readonly isIdempotent: ((path: string) => boolean) | undefined;
  /** Takes secrets out of the error of a call. */
  readonly redactError: ((error: unknown) => unknown) | undefined;
  /** Waits for a generation that a call can be sent to. @throws why there will be none */
  serve(wait: Wait): Promise<MountedGeneration>;
  /** Called when a call is over. */
  readonly report: Report;
}
