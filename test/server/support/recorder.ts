/** A server whose only paths tell what has reached them, and with what. */
import type { ApiMethod, ApiRequest, Need, Route } from '../../../src/server/routes/route.ts';
import type { HttpOptions } from '../../../src/server/server-options.ts';
import { openEngineless, type EnginelessServer } from './engineless.ts';

export interface Recorder extends EnginelessServer {
  /** Method and path of each request that has reached a handler, and its body where it has one. */
  readonly reached: string[];
  /** Address without TLS. */
  readonly url: string;
  /** A token that allows everything. */
  readonly token: string;
  /** Puts the token into each request of these bytes. */
  readonly signed: (bytes: string) => string;
}

const methods: readonly ApiMethod[] = ['GET', 'LIST', 'POST', 'PATCH', 'DELETE'];

/** @param needs what a caller needs for each path; a path that needs nothing reads no body */
export async function openRecorder(options: HttpOptions = {}, needs: Need = 'token'): Promise<Recorder> {
  const reached: string[] = [];
  const handle = ({ method, path, body }: ApiRequest) => {
    const said = Object.keys(body).length === 0 ? '' : ` ${JSON.stringify(body)}`;
    reached.push(`${method} ${path}${said}`);
    return { kind: 'json', body: { reached: path } } as const;
  };
  const routes = methods.map((method): Route => ({ method, pattern: '/v1/*path', needs, handle }));
  const server = await openEngineless({ listen: { port: 0 }, ...options }, routes);
  const token = server.http.adminToken ?? '';
  const signed = (bytes: string): string =>
    bytes.replaceAll('HTTP/1.1\r\n', `HTTP/1.1\r\nX-Vault-Token: ${token}\r\n`);
  return { ...server, reached, token, signed, url: server.http.url ?? '' };
}
