import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineUnreachableError } from '../errors.ts';
import { isOwnOrRoots } from './setting-file.ts';
import type { SocketCandidate } from './socket-candidate.ts';

/** Lists where the engines put their sockets unless they are told otherwise. */
export async function usualSockets(
  home: string | undefined,
  runtimeDirectory: string,
): Promise<SocketCandidate[]> {
  const places: readonly (readonly [string, string])[] = [
    ['/var/run/docker.sock', 'Docker'],
    [join(runtimeDirectory, 'docker.sock'), 'rootless Docker'],
    ['/run/podman/podman.sock', 'Podman'],
    [join(runtimeDirectory, 'podman/podman.sock'), 'rootless Podman'],
    ...(home === undefined
      ? []
      : ([
          [join(home, '.docker/run/docker.sock'), 'Docker Desktop'],
          [join(home, '.docker/desktop/docker.sock'), 'Docker Desktop on Linux'],
        ] as const)),
  ];
  return Promise.all(
    places.map(async ([socketPath, engine]) => {
      const problem = await foreignOwner(socketPath);
      const candidate = { socketPath, source: `usual place of ${engine}`, explicit: false };
      return problem === undefined ? candidate : { ...candidate, problem };
    }),
  );
}

/**
 * Whoever owns the socket of an engine sees and decides what runs there. A socket of another user is used only when it
 * is named, and never because variables such as `XDG_RUNTIME_DIR` came along with that user's environment.
 */
async function foreignOwner(socketPath: string): Promise<EngineUnreachableError | undefined> {
  const found = await stat(socketPath).catch(() => undefined);
  if (found === undefined || isOwnOrRoots(found)) return undefined;
  return new EngineUnreachableError(
    'ENGINE_SOCKET_FOREIGN',
    `${socketPath} belongs to user ${found.uid}, who decides what an engine there does; this process is user ${process.geteuid?.() ?? '?'}`,
    {
      socketPath,
      hint: `If you mean this socket, name it, for example DOCKER_HOST=unix://${socketPath}; or run as its owner.`,
    },
  );
}
