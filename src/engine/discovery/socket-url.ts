import { InvalidOptionError } from '../../errors.ts';
import { EngineUnreachableError } from '../errors.ts';

/**
 * Returns the path in `unix:///run/docker.sock`. A bare absolute path is accepted too.
 *
 * @throws EngineUnreachableError for other schemes, InvalidOptionError for a relative path
 */
export function socketPathFromUrl(url: string, source: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'unix') {
    throw new EngineUnreachableError(
      'ENGINE_SCHEME_UNSUPPORTED',
      `${source} names an engine behind ${scheme}; only unix sockets of this machine are supported`,
      { hint: `Unset ${source}, or give it the form unix:///path/to/engine.sock.` },
    );
  }
  const path = scheme === undefined ? url : url.slice('unix://'.length);
  if (!path.startsWith('/')) {
    throw new InvalidOptionError(
      source,
      'must name a socket by its absolute path, as unix:///path/to/engine.sock',
    );
  }
  return path;
}
