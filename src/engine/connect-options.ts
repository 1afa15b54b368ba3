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
   * Spares asking the engine about itself where it did so before, which takes a Podman a third of a second. Default: it is
   * asked. `engineInfoCache` of `bulkhead/compatibility` makes one of a folder.
   */
  readonly infoCache?: InfoCache | undefined;
}
