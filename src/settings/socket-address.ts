/** Reads what names an engine: the path of a unix socket, or a URL of one, as `DOCKER_HOST` has it. */

/** The path, which may be empty or relative; or the scheme of another way to reach an engine. */
export type SocketAddress = { readonly path: string } | { readonly scheme: string };

/** Schemes of URLs of unix sockets. Clients written in Python say `http+unix`. */
const unixSchemes = ['unix', 'http+unix'];

/**
 * Returns the path of `unix:///run/docker.sock`, `unix:/run/docker.sock`, `http+unix://%2Frun%2Fdocker.sock`, or a bare
 * path. White space around it, doubled slashes and one at the end mean nothing.
 */
export function parseSocketAddress(text: string): SocketAddress {
  const given = text.trim();
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(given) ?? [];
  if (scheme === undefined) return { path: tidy(given.replace(/^unix:(?=\/)/i, '')) };
  if (!unixSchemes.includes(scheme.toLowerCase())) return { scheme: scheme.toLowerCase() };
  return { path: tidy(/^%2f/i.test(rest) ? decoded(rest) : rest) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // it is no path that anything could be at
  }
}

function tidy(path: string): string {
  return path.replace(/\/+/g, '/').replace(/(?<=[^/])\/$/, '');
}
