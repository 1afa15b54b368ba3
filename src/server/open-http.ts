/** Serves the API over HTTP for mounts that are open already. */
import { join, resolve } from 'node:path';
import { fileStore, PluginCatalog, RuntimeCatalog } from '../catalog/index.ts';
import type { TrustedDirectory } from '../catalog/internal.ts';
import { listenOnAddress, listenOnSocket, type Listener } from './http/listeners.ts';
import { VaultRequestError } from '../vault/index.ts';
import { endAll } from '../waiting/end-all.ts';
import { InOrder } from './http/in-order.ts';
import { limitsOf } from './http/limits.ts';
import { serveRequest, type Frame } from './http/serve-request.ts';
import { UnderWay } from './http/under-way.ts';
import { RouteTable } from './routes/match.ts';
import type { Route, ServerContext } from './routes/route.ts';
import { routes } from './routes/table.ts';
import type { HttpOptions } from './server-options.ts';

/** The API over HTTP, while it is served. */
export interface HttpServer extends AsyncDisposable {
  /** Path of the unix socket: `server/http.sock` in the directory. */
  readonly socketPath: string;
  /** Such as `http://127.0.0.1:8200`; absent where no address was asked for. */
  readonly url: string | undefined;
  /** The token that allows everything, which a first start makes. It is shown nowhere else. */
  readonly adminToken: string | undefined;
  /** Takes no more requests, and waits for those under way, for as long as the limit `drainMs` says. Idempotent. */
  close(): Promise<void>;
}

/** @throws the errors of the file system; InvalidOptionError; StoreError */
export async function openHttp(
  directory: TrustedDirectory,
  given: Omit<ServerContext, 'entryOf'>,
  options: HttpOptions = {},
  /** Routes in place of those of the API, for tests. */
  table: readonly Route[] = routes,
): Promise<HttpServer> {
  const store = fileStore(directory.directory, { trustedOwners: directory.trustedOwners });
  const catalog = new PluginCatalog(store, new RuntimeCatalog(store));
  const context = { ...given, entryOf: catalog.resolve.bind(catalog) };
  const limits = limitsOf(options.limits);
  const underWay = new UnderWay(limits);
  const tell = reporter(options);
  const frame: Frame = {
    ...{ context, limits, underWay, table: new RouteTable(table) },
    log: safely(options.accessLog),
    problem: (requestId, error) => {
      tell(`the request ${requestId} failed`, error);
    },
  };
  const socketPath = join(resolve(directory.directory), 'server', 'http.sock');
  const inOrder = new InOrder();
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    for (const each of listeners) each.stop();
    await underWay.drain(limits.drainMs);
    await endAll(listeners.map((each) => () => each[Symbol.asyncDispose]()));
  };
  try {
    const adminToken = await firstToken(context);
    listeners.push(
      await listenOnSocket(
        directory,
        socketPath,
        limits,
        (message, response) => {
          inOrder.run(message, response, () => serveRequest(frame, message, response, undefined));
        },
        (error) => {
          tell('the socket of the server could not be removed from its directory', error);
        },
      ),
    );
    if (options.listen !== undefined) {
      listeners.push(
        await listenOnAddress(options.listen, limits, (hosts) => (message, response) => {
          inOrder.run(message, response, () => serveRequest(frame, message, response, hosts));
        }),
      );
    }
    let closing: Promise<void> | undefined;
    const closeOnce = (): Promise<void> => (closing ??= close());
    return {
      socketPath,
      url: listeners[1]?.address,
      adminToken,
      close: closeOnce,
      [Symbol.asyncDispose]: closeOnce,
    };
  } catch (error) {
    await close().catch(() => undefined); // what went wrong first counts
    throw error;
  }
}

async function firstToken({ tokens }: ServerContext): Promise<string | undefined> {
  if ((await tokens.list()).some(({ scope }) => scope === 'everything')) return undefined;
  return (await tokens.create({ name: 'admin', scope: 'everything' })).token;
}

/** What a listener of the caller's throws is no failure of a request. */
function safely<T>(listener: ((given: T) => void) | undefined): (given: T) => void {
  return (given) => {
    try {
      listener?.(given);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  };
}

/** Tells of a problem of which no caller hears, as a warning of the process where nobody listens. */
export function reporter({
  onProblem,
}: Pick<HttpOptions, 'onProblem'>): (what: string, error: unknown) => void {
  return (what, error) => {
    if (error instanceof VaultRequestError) return; // a plugin's own words, which may hold secrets
    if (onProblem !== undefined) safely(onProblem)({ what, error });
    else process.emitWarning(`${what}: ${String(error)}`);
  };
}
