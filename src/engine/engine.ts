import type { Containers } from './containers/containers.ts';
import type { Images } from './images/images.ts';
import type { RawRequest, RawResponse } from './raw-request.ts';
import type { EngineInfo } from './system/info.ts';
import type { System } from './system/system.ts';

/**
 * A connection to one Docker or Podman engine over its unix socket, with the API version already agreed.
 *
 * Dispose of it, or call {@link close}, when done. It keeps no process alive by itself: idle connections are unref'd.
 */
export interface Engine extends AsyncDisposable {
  readonly kind: 'docker' | 'podman';
  /** The engine's own version, for example `28.5.2` (Docker) or `5.4.2` (Podman). */
  readonly version: string;
  /** The Docker API version agreed on, for example `1.41`. */
  readonly apiVersion: string;
  /** Whether the engine runs without the host's root rights, in a user namespace. */
  readonly rootless: boolean;
  readonly socketPath: string;
  /**
   * What the engine said about itself when the connection was made, or earlier (with `infoCache`). Podman takes a third
   * of a second to answer anew.
   */
  readonly info: EngineInfo;

  readonly system: System;
  readonly images: Images;
  readonly containers: Containers;

  /** Sends a request that no operation covers. The answer is returned as it came: only its status is checked. */
  request(request: RawRequest): Promise<RawResponse>;

  /** Ends every call and stream with an `ENGINE_CLOSED` error, and all connections. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
