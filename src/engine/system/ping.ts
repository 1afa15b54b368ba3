import { EngineProtocolError, NotAnEngineError } from '../errors.ts';
import type { Transport, TransportResponse } from '../transport/transport.ts';

/** Identity of the engine that answers on a socket, as the headers of `_ping` alone tell it. */
export interface Ping {
  readonly kind: 'docker' | 'podman';
  /** The engine's version; `undefined` when its headers do not say. */
  readonly version: string | undefined;
  /** The highest Docker API version that the engine speaks (Podman: claims). */
  readonly apiVersion: string;
}

/** How long a service may take to start; one that socket activation has to start first takes some seconds. */
const longestStart = 15_000;

/** How long an engine may take to answer when it is connected: as long as the caller says, where the caller says it. */
export function firstAnswerMs(given: number | undefined): number {
  return given === undefined || given === 0 ? longestStart : given;
}

/**
 * Pings without a version, so that it works before one is agreed on.
 *
 * @throws NotAnEngineError when the answer does not come from Docker or Podman
 */
export async function ping(
  transport: Transport,
  options: { signal?: AbortSignal | undefined; headersMs?: number | undefined } = {},
): Promise<Ping> {
  const { headersMs = Math.min(firstAnswerMs(transport.limits.headersMs), longestStart) } = options;
  const request = {
    target: '/_ping',
    signal: options.signal,
    headersMs,
    bodyMs: transport.limits.bodyMs,
    ownConnection: false,
  };
  const head = await transport.send({ ...request, method: 'HEAD' }).catch((error: unknown) => {
    throw error instanceof EngineProtocolError ? speaksNoHttp(error, transport.socketPath) : error;
  });
  await head.body.dump();
  if (head.status === 200) return parsePing(head, transport.socketPath);
  // An answer to HEAD has no body, so GET is asked for the reason, and for peers that know no HEAD.
  const whole = await transport.send({ ...request, method: 'GET' });
  await whole.body.dump();
  return parsePing(whole, transport.socketPath);
}

function speaksNoHttp(cause: EngineProtocolError, socketPath: string): NotAnEngineError {
  return new NotAnEngineError(
    `what listens on ${socketPath} is neither Docker nor Podman: it does not speak HTTP`,
    {
      cause,
      socketPath,
    },
  );
}

function parsePing({ status, headers }: TransportResponse, socketPath: string): Ping {
  const header = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const apiVersion = header('api-version');
  if (apiVersion === undefined || status >= 400) {
    const server = header('server');
    throw new NotAnEngineError(
      `what listens on ${socketPath} is neither Docker nor Podman: it answered ${status} to a ping` +
        (server === undefined ? '' : `, as server "${server.slice(0, 60)}"`),
      { status, method: 'GET', path: '/_ping', socketPath },
    );
  }
  // Podman alone sends this header. The socket's path tells nothing: docker.sock may be Podman's.
  const podmanVersion = header('libpod-api-version');
  const dockerVersion = /^Docker\/(\S+)/.exec(header('server') ?? '')?.[1];
  return podmanVersion === undefined
    ? { kind: 'docker', version: dockerVersion, apiVersion }
    : { kind: 'podman', version: podmanVersion, apiVersion };
}
