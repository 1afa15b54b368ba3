/** One use of a plugin, and how it is asked for. */
import type {
  CallMetadata,
  ClientFor,
  Plugin,
  Reflection,
  ServiceDefinition,
  UnaryCall,
} from '../../goplugin/index.ts';
import type { InstanceSnapshot } from '../instances/instance-state.ts';
import type { RoutedCallOptions } from './route.ts';

/**
 * One use of a plugin. Several mounts may share one instance of it. A mount outlives the plugin that serves it: its calls
 * wait for a restart, and go to the new plugin after a reload.
 */
export interface Mount extends AsyncDisposable {
  readonly mountId: string;
  /** As it was asked for; a reload asks for the same anew. */
  readonly plugin: { readonly type: string; readonly name: string; readonly version: string | undefined };
  /** Sent with every call of the mount. */
  readonly metadata: CallMetadata | undefined;
  /** Makes clients whose calls survive restarts and reloads. */
  readonly client: RoutedClientMaker;
  /** What the plugin says of its own services. Waits for a restart as a call does. */
  readonly reflection: Reflection;
  /** The instance that it is on, as it is at this moment. A reload moves the mount to another one. */
  readonly instance: InstanceSnapshot;
  /** The version that runs; empty when unversioned. */
  readonly version: string;
  /** How many calls it has at this moment. */
  readonly calls: number;
  readonly closed: boolean;
  /**
   * Asks the plugin's health service. Waits for a restart as a call does.
   *
   * @throws as a call
   */
  health(options?: {
    readonly timeoutMs?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  }): Promise<void>;
  /**
   * Takes no further call; those that it has may take `drainMs` milliseconds (default 10000) to end. The last mount of an
   * instance stops it. Idempotent.
   */
  close(options?: { readonly drainMs?: number | undefined }): Promise<void>;
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

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
