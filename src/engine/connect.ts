import type { ConnectOptions } from './connect-options.ts';
import type { Engine } from './engine.ts';

/**
 * Connects to a Docker or Podman engine, and agrees on the API version with it.
 *
 * Without `socketPath` it takes the socket that the environment names (`DOCKER_HOST`, `CONTAINER_HOST`, the Docker
 * context), which must then work; else the first of the usual sockets on which an engine answers. `DOCKER_API_VERSION`
 * fixes the API version for a Docker engine, as it does for Docker's own client.
 *
 * @throws EngineUnreachableError naming each socket that was tried, the setting it came from, and what was wrong
 * @throws NotAnEngineError when something else answers
 * @throws EngineVersionError when the engine speaks no API version between 1.40 and 1.51
 * @remarks Abort closes what was opened; nothing stays at the engine.
 *
 * @example
 * await using engine = await connectEngine();
 * console.log(engine.kind, engine.version);
 */
export async function connectEngine(options: ConnectOptions = {}): Promise<Engine> {
  // The HTTP client and the schemas take a tenth of a second to load. A program that only imports this module does not
  // pay for them.
  const { openEngine } = await import('./open-engine.ts');
  return openEngine(options);
}
