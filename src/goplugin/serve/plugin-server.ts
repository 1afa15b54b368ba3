/** A plugin's server, from its socket to its end. */
import { rmSync } from 'node:fs';
import type { Servable } from '../broker/broker.ts';
import { SocketBroker } from '../broker/socket-broker.ts';
import { listenOnUnixSocket } from '../broker/unix-listener.ts';
import { callError } from '../grpc/failure.ts';
import { ConnectionServer } from '../grpc/server.ts';
import { within } from '../limit.ts';
import type { MutualTls } from '../tls/identity.ts';
import { HostLink } from './host-link.ts';
import { libraryServices } from './library-services.ts';
import type { Logger } from './logger.ts';
import type { ServeContext, ServeOptions } from './options.ts';
import { Prints } from './prints.ts';
import { newSocketPath, shareWithGroup, socketDirectory, type Environment } from './socket.ts';

/** How long the application's own clean-up may take: a host kills two seconds after it asked. */
const shutdownHookMs = 1_000;
/** How long the last prints may take to reach the host. */
const flushMs = 500;
/** How long the last replies and prints may be on their way, and calls in progress may go on. */
const lastRepliesMs = 250;
/** How long a host may take from the handshake to its first stream. */
const firstHostMs = 60_000;
const defaultHostGoneMs = 10_000;

export interface PluginServerParts {
  readonly environment: Environment;
  readonly protocolVersion: number;
  readonly tls: MutualTls | undefined;
  readonly logger: Logger;
}

export interface PluginServer {
  readonly path: string;
  /** To be called when the handshake has been printed. Resolves when the plugin has been shut down. */
  run(): Promise<void>;
}

/** Listens, but prints nothing yet. */
export async function openPluginServer(
  options: ServeOptions,
  parts: PluginServerParts,
): Promise<PluginServer> {
  const { environment, tls, logger } = parts;
  const ending = new AbortController();
  let allDone: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    allDone = resolve;
  });
  const shutDown = (): Promise<void> => {
    ending.abort();
    return done;
  };
  // By default a process 1, as in a container, is deaf to this signal.
  const terminate = (): void => {
    logger.debug('asked to end by SIGTERM');
    void shutDown();
  };
  const prints = new Prints((bytes) => {
    logger.warn('the host reads prints too slowly: some were dropped', { bytes });
  });
  const link = new HostLink(
    () => {
      logger.info('the host is gone: this plugin ends');
      void shutDown();
    },
    options.hostGoneMs ?? defaultHostGoneMs,
    firstHostMs,
  );
  const broker = pluginBroker(environment, tls, link);
  const library = libraryServices({
    link,
    prints,
    shutDown,
    receive: (info) => {
      broker.receive(info);
    },
  });
  const context: ServeContext = { protocolVersion: parts.protocolVersion, broker, logger };
  const server = new ConnectionServer([...library, ...(await applicationServices(options, context))], tls);

  const path = newSocketPath(socketDirectory(environment));
  const listener = await listenOnUnixSocket(path, (socket) => {
    server.serve(socket);
  });
  // Closing the listener removes the socket; a plugin that calls process.exit never gets there.
  const removeSocket = (): void => {
    rmSync(path, { force: true });
  };
  process.once('exit', removeSocket);
  await shareWithGroup(path, environment);
  logger.debug('plugin address', { network: 'unix', address: path });

  return {
    path,
    run: async () => {
      prints.redirect(process.stdout, process.stderr);
      process.on('SIGTERM', terminate);
      await untilAsked(ending, options.signal);
      await within(shutdownHookMs, callHook(options, logger));
      listener.close();
      prints.finish();
      await within(flushMs, prints.allSent);
      allDone();
      link.close();
      await broker.close('the plugin is shutting down');
      await server.finish(lastRepliesMs);
      process.off('SIGTERM', terminate);
      process.off('exit', removeSocket);
    },
  };
}

async function applicationServices(options: ServeOptions, context: ServeContext): Promise<Servable[]> {
  const { services = [], register } = options;
  return [
    typeof services === 'function' ? await services(context) : services,
    (server) => register?.(server, context),
  ];
}

/** The plugin's half of the broker: no address is ever translated here. */
function pluginBroker(environment: Environment, tls: MutualTls | undefined, link: HostLink): SocketBroker {
  return new SocketBroker(
    {
      tls,
      socketDirectory: () => socketDirectory(environment),
      share: async (path) => {
        await shareWithGroup(path, environment);
        return { network: 'unix', address: path };
      },
      reach: (address) => address,
      explain: (failure, method) => Promise.resolve(callError(failure, method, { plugin: 'the host' })),
    },
    (info) => {
      link.send(info);
    },
  );
}

function untilAsked(ending: AbortController, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const asked = (): void => {
      signal?.removeEventListener('abort', asked);
      resolve();
    };
    ending.signal.addEventListener('abort', asked, { once: true });
    signal?.addEventListener('abort', asked, { once: true });
    if (ending.signal.aborted || signal?.aborted === true) asked();
  });
}

async function callHook({ onShutdown }: ServeOptions, logger: Logger): Promise<void> {
  try {
    await onShutdown?.();
  } catch (error) {
    logger.error('the shutdown hook failed', { error });
  }
}
