import { InvalidOptionError } from '../../errors.ts';
import { parseSocketAddress } from '../../settings/socket-address.ts';
import { beginsWithTilde, onlyShellsExpand } from '../../settings/user-path.ts';
import { EngineUnreachableError } from '../errors.ts';

/**
 * Returns the path in `unix:///run/docker.sock`. A bare absolute path is accepted too.
 *
 * @throws EngineUnreachableError for other schemes, InvalidOptionError for a relative path
 */
export function socketPathFromUrl(url: string, source: string): string {
  const address = parseSocketAddress(url);
  if ('scheme' in address) {
    throw new EngineUnreachableError(
      'ENGINE_SCHEME_UNSUPPORTED',
      `${source} names an engine behind ${address.scheme}; only unix sockets of this machine are supported`,
      { hint: `Unset ${source}, or give it the form unix:///path/to/engine.sock.` },
    );
  }
  const { path } = address;
  if (!path.startsWith('/')) {
    const why = beginsWithTilde(path) ? `: ${onlyShellsExpand}` : '';
    throw new InvalidOptionError(
      source,
      `must name a socket by its absolute path, as unix:///path/to/engine.sock${why}`,
    );
  }
  return path;
}
