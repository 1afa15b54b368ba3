/**
 * Refuses requests that a page of somebody else makes a browser send: over a name that leads to this machine only now (DNS
 * rebinding), or across origins.
 */
import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error.ts';

/** Headers that decide who asks, for what, and where the request ends; a second one could mean something else. */
const single: readonly string[] = ['host', 'x-vault-token', 'authorization', 'content-length', 'origin'];

/** @param hosts how the server may be called; absent for a unix socket, which no browser can reach @throws ApiError */
export function checkOrigin(message: IncomingMessage, hosts: ReadonlySet<string> | undefined): void {
  const { headers, rawHeaders } = message;
  // A request of HTTP/0.9 has no headers, and ends where its line does.
  if (message.httpVersionMajor !== 1) throw new ApiError(400, 'the server speaks HTTP/1.1');
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (single.includes(name) && seen.has(name))
      throw new ApiError(400, `the header ${name} must not be sent twice`);
    seen.add(name);
  }
  if (headers['transfer-encoding'] !== undefined && headers['transfer-encoding'] !== 'chunked')
    throw new ApiError(400, 'the only transfer encoding is chunked');
  if (hosts === undefined) return;
  const host = headers.host?.toLowerCase() ?? '';
  if (!hosts.has(host))
    throw new ApiError(421, 'this server is called by its loopback address, and not by another name');
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isOurs = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  if (!isOurs || site === 'cross-site' || site === 'same-site')
    throw new ApiError(403, 'pages of other origins are not answered');
}
