/** A plugin's server, from its socket to its end. */
import { rmSync } from 'node:fs';
import { whenAborted } from '../../abort.ts';
import type { Servable } from '../broker/broker.ts';
import { listenOnUnixSocket, type Listener } from '../broker/unix-listener.ts';
import { Intake } from '../grpc/server/intake.ts';
import { ConnectionServer } from '../grpc/server/server.ts';
import { within } from '../limit.ts';
import { checkMaxMessageBytes } from '../limits.ts';
import { reflectionServices } from '../reflection/server.ts';
import type { MutualTls } from '../tls/identity.ts';
import { HostLink } from './host-link.ts';
import { libraryServices } from './library-services.ts';
import type { Logger } from './logger.ts';
import type { ServeContext, ServeOptions } from './options.ts';
import { pluginTransport } from './plugin-transport.ts';
import { Prints } from './prints.ts';
import { newSocketPath, shareWithGroup, socketDirectory, type Environment } from './socket.ts';

/** How long the application's own clean-up may take: a host kills two seconds after it asked. */
const shutdownHookMs = 1_000;
/** How long the last prints may take to reach the host. */
const flushMs = 500;
/** How long the last replies and prints may be under way, and calls in progress may go on. */
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
  /** Serves once the handshake has been printed. Resolves when the plugin has been shut down. */
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
  // A process with id 1, as in a container, ignores this signal by default.
  const terminate = (): void => {
    logger.debug('ended by SIGTERM');
    void shutDown();
  };
  const prints = new Prints((bytes) => {
    logger.warn('the host reads prints too slowly: some were dropped', { bytes });
  });
  const hostGone = (): void => {
    if (!ending.signal.aborted) logger.info('the host is gone: this plugin ends');
    void shutDown();
  };
  const link = new HostLink(
    hostGone,
    options.hostGoneMs ?? (options.test ? Infinity : defaultHostGoneMs),
    firstHostMs,
  );
  const maxMessageBytes = checkMaxMessageBytes(options.maxMessageBytes);
  const transport = pluginTransport({
    environment,
    tls,
    maxMessageBytes,
    send: (info) => {
      link.send(info);
    },
    serve: (connection) => {
      server.serve(connection);
    },
    gone: hostGone,
  });
  const { broker } = transport;
  const library = libraryServices({
    link,
    prints,
    shutDown,
    receive: (info) => {
      broker.receive(info);
    },
  });
  const context: ServeContext = { protocolVersion: parts.protocolVersion, broker, logger };
  const server: ConnectionServer = new ConnectionServer(
    [library, reflectionServices(() => server.definitions), ...(await applicationServices(options, context))],
    tls,
    new Intake(maxMessageBytes),
  );

  const path = newSocketPath(socketDirectory(environment));
  const listener: Listener = await listenOnUnixSocket(path, (socket) => {
    transport.accept(socket);
    if (transport.takesOne) listener.close();
  });
  // Closing the listener removes the socket; a plugin that calls process.exit never gets there.
  const removeSocket = (): void => {
    rmSync(path, { force: true });
  };
  process.once('exit', removeSocket);
  // Set before the handshake is printed, because from then on the host may end this plugin at any time.
  if (!options.test) process.on('SIGTERM', terminate);
  await shareWithGroup(path, environment);
  logger.debug('plugin address', { network: 'unix', address: path });

  return {
    path,
    run: async () => {
      if (options.test ? options.test.syncStdio === true : true)
        prints.redirect(process.stdout, process.stderr);
      await untilAsked(ending, options.signal);
      await within(shutdownHookMs, callHook(options, logger));
      listener.close();
      prints.finish();
      await within(flushMs, prints.allSent);
      allDone();
      link.close();
      await broker.close('the plugin is shutting down');
      await server.finish(lastRepliesMs);
      transport.close();
      process.off('SIGTERM', terminate);
      process.off('exit', removeSocket);
    },
  };
}

async function applicationServices(options: ServeOptions, context: ServeContext): Promise<Servable[]> {
  const { services = [], register } = options;
  const list = typeof services === 'function' ? await services(context) : services;
  if (!register) return [list];
  return [
    list,
    (server) => {
      register(server, context);
    },
  ];
}

async function untilAsked(ending: AbortController, signal: AbortSignal | undefined): Promise<void> {
  let stopListening: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    stopListening = [ending.signal, signal].map((each) => whenAborted(each, resolve));
  });
  for (const stop of stopListening) stop();
}

async function callHook({ onShutdown }: ServeOptions, logger: Logger): Promise<void> {
  try {
    await onShutdown?.();
  } catch (error) {
    logger.error('the shutdown hook failed', { error });
  }
}
