import { join } from 'node:path';
import { folderVariable, homeFolder, variableOf } from '../../linux/standard-folders.ts';
import { checkArgument, recordOf, text } from '../../settings/option-shape.ts';
import { dockerContext } from './docker-context.ts';
import type { SocketCandidate } from './socket-candidate.ts';
import { socketPathFromUrl } from './socket-url.ts';
import { usualSockets } from './usual-sockets.ts';

const variables = recordOf(text);

/**
 * Where to look for an engine, in this order: `DOCKER_HOST`, `CONTAINER_HOST`, the Docker context (`DOCKER_CONTEXT`,
 * else `currentContext` of Docker's `config.json`), the usual sockets of Docker and Podman. A setting that the user
 * made ends the list. An empty variable counts as not set, and so does a relative path in `HOME` or `XDG_RUNTIME_DIR`.
 * Whether an engine answers is not checked.
 *
 * @returns the places, those with a `problem` included: a `config.json` that can't be read or belongs to another
 *   user, and usual sockets that belong to another user than this one and root
 * @throws EngineUnreachableError `ENGINE_SCHEME_UNSUPPORTED` when a setting names anything but a unix socket, and
 *   `ENGINE_CONTEXT_INVALID` when the context that is set can't be read
 */
export async function findSockets(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<SocketCandidate[]> {
  checkArgument('findSockets', 'environment', variables, environment);
  for (const source of ['DOCKER_HOST', 'CONTAINER_HOST']) {
    const url = variableOf(environment, source)?.trim();
    if (url) return [{ socketPath: socketPathFromUrl(url, source), source, explicit: true }];
  }
  const home = homeFolder(environment);
  const configuration =
    variableOf(environment, 'DOCKER_CONFIG') ?? (home === undefined ? undefined : join(home, '.docker'));
  const context = configuration === undefined ? undefined : await dockerContext(configuration, environment);
  if (context !== undefined && context.problem === undefined) {
    const { source, url } = context;
    return [{ socketPath: socketPathFromUrl(url, source), source, explicit: true }];
  }
  const runtimeDirectory =
    folderVariable(environment, 'XDG_RUNTIME_DIR') ?? `/run/user/${process.geteuid?.() ?? 0}`;
  const usual = await usualSockets(home, runtimeDirectory);
  if (context === undefined) return usual;
  const { file, problem } = context;
  return [{ socketPath: file, source: "Docker's configuration", explicit: false, problem }, ...usual];
}
