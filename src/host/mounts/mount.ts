/** The public interface of a mount, and its options. */
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
 * One use of a plugin. Several mounts may share one instance. A mount outlives the plugin that serves it: its calls
 * wait for a restart, and go to the new plugin after a reload.
 */
export interface Mount extends AsyncDisposable {
  readonly mountId: string;
  /** Type, name and version that were requested; a reload resolves the same request again. */
  readonly plugin: { readonly type: string; readonly name: string; readonly version: string | undefined };
  /** Sent with every call of the mount. */
  readonly metadata: CallMetadata | undefined;
  /** Makes clients whose calls survive restarts and reloads. */
  readonly client: RoutedClientMaker;
  /** Reads the plugin's own description of its services. Waits for a restart as a call does. */
  readonly reflection: Reflection;
  /** A snapshot of the instance that serves the mount at this moment. A reload moves the mount to another instance. */
  readonly instance: InstanceSnapshot;
  /** The version that runs; empty when unversioned. */
  readonly version: string;
  /** Number of calls that the mount has at this moment. */
  readonly calls: number;
  readonly closed: boolean;
  /** Asks the plugin's health service. Waits for a restart as a call does. @throws the errors of a call */
  health(options?: {
    readonly timeoutMs?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  }): Promise<void>;
  /**
   * Refuses further calls, and gives those under way `drainMs` milliseconds (default 10000) to end. The mount's
   * `release` has as long again, and a second at least. Closing the last mount of an instance stops the instance.
   * Idempotent.
   */
  close(options?: { readonly drainMs?: number | undefined }): Promise<void>;
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface MountOptions {
  /** Id of the mount; default: a random word. Vault's plugins get it as the id by which they tell mounts apart. */
  readonly id?: string | undefined;
  /**
   * Whether the mount may share an instance. With false it gets one of its own, even if the plugin may be shared.
   * Default true.
   */
  readonly share?: boolean | undefined;
  /**
   * Prepares a newly started plugin for this mount, as Vault's Setup and Initialize do. Called once for each plugin
   * that the mount gets, before any call goes to it: for the first one, after a restart, and for a reload. If it
   * throws, the waiting calls fail with that error; the next call tries again.
   */
  readonly prepare?: ((plugin: Plugin, context: MountContext) => Promise<void>) | undefined;
  /**
   * Called before the mount leaves a plugin that lives on or is about to be stopped. Its `signal` aborts after `drainMs` of
   * the close or the reload, a second at least, and nobody waits for it any longer. What it throws is reported as a warning.
   */
  readonly release?: ((plugin: Plugin, context: MountContext) => Promise<void>) | undefined;
  /** Whether calls of a method (`/package.Service/Method`) may always be carried out twice. Default: no method. */
  readonly isIdempotent?: ((path: string) => boolean) | undefined;
  /**
   * Takes secrets out of the error of a call before its caller and the subscribers of `bulkhead:call` get it. Returns
   * the error itself, or a copy without them.
   */
  readonly redactError?: ((error: unknown) => unknown) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MountContext {
  readonly mountId: string;
  /** Sent with every call of the mount. Calls in `prepare` and `release` have to send it themselves. */
  readonly metadata: CallMetadata | undefined;
  /** The version of this plugin; empty when unversioned. */
  readonly version: string;
  /** Whether this plugin was started with the right to lock its memory. */
  readonly mlock: boolean;
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

/** The same as `ClientFor`, with `idempotent` among the options of calls. */
export type RoutedClientFor<S> = { readonly [K in keyof ClientFor<S>]: WithRoutedOptions<ClientFor<S>[K]> };
