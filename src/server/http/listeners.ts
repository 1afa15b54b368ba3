/** Where the server listens: a unix socket that only its owner can use, and a loopback address if one is asked for. */
import { once } from 'node:events';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIPv4, isIPv6, type AddressInfo } from 'node:net';
import { basename, dirname } from 'node:path';
import { trustedPath, type TrustedDirectory } from '../../catalog/internal.ts';
import { InvalidOptionError } from '../../errors.ts';
import { shortPath } from '../../linux/short-path.ts';
import { answerBroken } from './broken-request.ts';
import type { AllLimits } from './limits.ts';
import { acceptList } from './list-method.ts';

/** A loopback address to listen on. */
export interface ListenAddress {
  /** `127.0.0.1`, another address of 127.0.0.0/8, `::1` or `localhost`. Default: 127.0.0.1. */
  readonly address?: string | undefined;
  /** 0 for one that is free. Default: 8200, as in Vault. */
  readonly port?: number | undefined;
  /** Certificate and key in PEM; without them the connection is plain. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

export interface Listener extends AsyncDisposable {
  /** `http://127.0.0.1:8200`; of a unix socket its path. */
  readonly address: string;
  /** Takes no more connections, and ends those that have no request. */
  stop(): void;
}

/** @throws InvalidOptionError for an address that others could reach */
export function loopback(address: string): string {
  const name = address.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (isLoopback(name)) return name === 'localhost' ? '127.0.0.1' : name;
  throw new InvalidOptionError('listen.address', 'must be a loopback address: 127.0.0.1, ::1 or localhost', {
    hint: 'To serve other machines, put a proxy in front that you trust with it.',
  });
}

/** Whether nobody but this machine can reach the address. */
export function isLoopback(address: string): boolean {
  const name = address.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return (
    name === 'localhost' || (isIPv4(name) && name.startsWith('127.')) || (isIPv6(name) && name === '::1')
  );
}

/** @param handle gets how the server may be called */
export async function listenOnAddress(
  { address = '127.0.0.1', port = 8200, tls }: ListenAddress,
  limits: AllLimits,
  handle: (hosts: ReadonlySet<string>) => RequestListener,
): Promise<Listener> {
  const host = loopback(address);
  const server =
    tls === undefined
      ? createServer(serverOptions(limits))
      : createTlsServer({ ...serverOptions(limits), ...tls });
  prepare(server, limits, tls === undefined ? 'connection' : 'secureConnection');
  server.listen(port, host);
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  const names = ['localhost', '127.0.0.1', '[::1]', isIPv6(host) ? `[${host}]` : host];
  const isUsual = bound === (tls === undefined ? 80 : 443);
  server.on(
    'request',
    handle(new Set(names.flatMap((name) => [`${name}:${bound}`, ...(isUsual ? [name] : [])]))),
  );
  const shown = isIPv6(host) ? `[${host}]` : host;
  return listener(server, `${tls === undefined ? 'http' : 'https'}://${shown}:${bound}`);
}

/**
 * Listens on a socket in a folder of the directory that only its owner can enter. One that a server has left there is
 * replaced: whoever calls this holds the storage of the mounts, so no other server runs.
 *
 * @param notRemoved is told why the socket could not be removed in the end. The next server replaces it.
 * @throws the errors of the file system; StoreError `CATALOG_UNTRUSTED`
 */
export async function listenOnSocket(
  directory: TrustedDirectory,
  path: string,
  limits: AllLimits,
  handle: RequestListener,
  notRemoved: (error: unknown) => void,
): Promise<Listener> {
  const folder = dirname(path);
  await trustedPath(directory, folder, 'write');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await trustedPath(directory, folder, 'write'); // somebody else may have made the folder in the meantime
  await rm(path, { force: true });
  const server = createServer(serverOptions(limits), handle);
  prepare(server, limits, 'connection');
  const short = await shortPath(folder, basename(path));
  try {
    server.listen(short.path);
    await once(server, 'listening');
    await chmod(short.path, 0o600);
  } finally {
    await short.release();
  }
  // Whatever keeps the socket there, such as a file system that has become read-only, must not keep the server from ending.
  return listener(server, path, () => rm(path, { force: true }).catch(notRemoved));
}

function serverOptions({ headerBytes, headersMs, arrivalMs }: AllLimits): ServerOptions {
  return {
    maxHeaderSize: headerBytes,
    headersTimeout: Math.min(headersMs, arrivalMs),
    requestTimeout: arrivalMs,
    keepAliveTimeout: 30_000,
    connectionsCheckingInterval: Math.min(1000, headersMs),
    insecureHTTPParser: false,
  };
}

function prepare(server: Server, { connections }: AllLimits, event: 'connection' | 'secureConnection'): void {
  server.maxConnections = connections;
  // All together have a limit. One of their number would drop those beyond it, a second Host among them.
  server.maxHeadersCount = 0;
  acceptList(server, event);
  answerBroken(server);
}

function listener(server: Server, address: string, after?: () => Promise<void>): Listener {
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeIdleConnections();
    });
    return stopped;
  };
  return {
    address,
    stop: () => void stop(),
    async [Symbol.asyncDispose]() {
      const done = stop();
      server.closeAllConnections();
      await done;
      await after?.();
    },
  };
}
