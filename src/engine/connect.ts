import type { CallOptions } from './call-options.ts';
import type { Engine } from './engine.ts';
import type { InfoCache } from './info-cache.ts';

/** Time limits of one call, in milliseconds; 0 is none. They do not hold for streams that are open without end. */
export interface TimeLimits {
  /** Until the socket has taken the connection. Default 5000. */
  readonly connectMs?: number | undefined;
  /** From the request to the head of the answer. Default 120000: a start on a busy machine takes its time. */
  readonly headersMs?: number | undefined;
  /** Between two pieces of an answer. Default 120000. */
  readonly bodyMs?: number | undefined;
}

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

/**
 * Connects to a Docker or Podman engine, and agrees on the API version with it.
 *
 * Without `socketPath` it takes the socket that the environment names (`DOCKER_HOST`, `CONTAINER_HOST`, the Docker
 * context), which must then work; else the first of the usual sockets on which an engine answers. `DOCKER_API_VERSION`
 * fixes the API version for a Docker engine, as it does for Docker's own client.
 *
 * @throws EngineUnreachableError telling each socket that was tried, which setting it came from, and what was wrong
 * @throws NotAnEngineError when something else answers
 * @throws EngineVersionError when the engine speaks no API version between 1.40 and 1.51
 * @remarks Abort closes what was opened; nothing stays at the engine.
 *
 * @example
 * await using engine = await connectEngine();
 * console.log(engine.kind, engine.version);
 */
export async function connectEngine(options: ConnectOptions = {}): Promise<Engine> {
  // The HTTP client and the schemas cost a tenth of a second to load: whoever only imports does not pay for them.
  const { openEngine } = await import('./open-engine.ts');
  return openEngine(options);
}
