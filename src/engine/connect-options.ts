import type { CallOptions } from './call-options.ts';
import type { InfoCache } from './info-cache.ts';
import type { TimeLimits } from './transport/time-limits.ts';

export interface ConnectOptions extends CallOptions {
  /** Absolute path of the engine's unix socket. Default: the first found, see {@link findSockets}. */
  readonly socketPath?: string | undefined;
  /** Variables to look into, such as `DOCKER_HOST`. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly limits?: TimeLimits | undefined;
  /**
   * Keeps what an engine said about itself, so that it need not be asked again, which takes a Podman a third of a
   * second. Default: the engine is asked. `engineInfoCache` of `bulkhead/compatibility` makes such a cache from a
   * folder.
   */
  readonly infoCache?: InfoCache | undefined;
}
