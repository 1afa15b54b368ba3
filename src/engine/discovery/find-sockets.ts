import { homedir } from 'node:os';
import { join } from 'node:path';
import { dockerContextHost } from './docker-context.ts';
import { socketPathFromUrl } from './socket-url.ts';

/** A place where an engine's socket may be, and the setting that says so. */
export interface SocketCandidate {
  readonly socketPath: string;
  /** `DOCKER_HOST`, `docker context "desktop"`, `usual place of rootless Podman`, ... */
  readonly source: string;
  /** A setting of the user's: when it does not work, no other is tried. */
  readonly explicit: boolean;
}

/**
 * Where to look for an engine, in this order: `DOCKER_HOST`, `CONTAINER_HOST`, the Docker context (`DOCKER_CONTEXT`, else
 * `currentContext` of Docker's `config.json`), the usual sockets of Docker and Podman. A setting of the user's ends the list.
 * Whether anything is there is not looked at.
 *
 * @throws EngineUnreachableError `ENGINE_SCHEME_UNSUPPORTED` when a setting names anything but a unix socket, and
 *   `ENGINE_CONTEXT_INVALID` when the context can't be read
 */
export async function findSockets(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<SocketCandidate[]> {
  for (const source of ['DOCKER_HOST', 'CONTAINER_HOST']) {
    const url = environment[source];
    if (url) return [{ socketPath: socketPathFromUrl(url, source), source, explicit: true }];
  }
  const home = environment['HOME'] ?? homedir();
  const context = await dockerContextHost(environment['DOCKER_CONFIG'] ?? join(home, '.docker'), environment);
  if (context !== undefined) {
    const { source, url } = context;
    return [{ socketPath: socketPathFromUrl(url, source), source, explicit: true }];
  }
  return usualSockets(home, environment['XDG_RUNTIME_DIR'] ?? `/run/user/${process.geteuid?.() ?? 0}`);
}

function usualSockets(home: string, runtimeDirectory: string): SocketCandidate[] {
  const places: readonly (readonly [string, string])[] = [
    ['/var/run/docker.sock', 'Docker'],
    [join(runtimeDirectory, 'docker.sock'), 'rootless Docker'],
    ['/run/podman/podman.sock', 'Podman'],
    [join(runtimeDirectory, 'podman/podman.sock'), 'rootless Podman'],
    [join(home, '.docker/run/docker.sock'), 'Docker Desktop'],
    [join(home, '.docker/desktop/docker.sock'), 'Docker Desktop on Linux'],
  ];
  return places.map(([socketPath, engine]) => ({
    socketPath,
    source: `usual place of ${engine}`,
    explicit: false,
  }));
}
