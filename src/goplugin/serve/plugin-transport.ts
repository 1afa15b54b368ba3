/**
 * How a host's connections reach a plugin: each through a socket of its own, or all of them inside the first
 * connection.
 */
import type { Duplex } from 'node:stream';
import type { BrokerEnd } from '../broker/broker.ts';
import { MultiplexBroker, type MultiplexSide } from '../broker/multiplex-broker.ts';
import { SocketBroker } from '../broker/socket-broker.ts';
import { callError } from '../grpc/failure.ts';
import { variables } from '../handshake/environment.ts';
import { parseBool } from '../handshake/line.ts';
import type { MutualTls } from '../tls/identity.ts';
import type { ConnInfo } from '../wire/messages.ts';
import { YamuxSession } from '../yamux/session.ts';
import { shareWithGroup, socketDirectory, type Environment } from './socket.ts';

export interface PluginTransport {
  readonly broker: BrokerEnd;
  /** True when the first connection is the only one. */
  readonly takesOne: boolean;
  /** Takes a connection to the plugin's socket. */
  accept(connection: Duplex): void;
  /** Hangs up. Idempotent. */
  close(): void;
}

export interface PluginTransportParts {
  readonly environment: Environment;
  readonly tls: MutualTls | undefined;
  readonly maxMessageBytes?: number | undefined;
  /** Sends a message of the broker to the host. */
  readonly send: (info: ConnInfo) => void;
  /** Serves a connection that does not belong to the broker. */
  readonly serve: (connection: Duplex) => void;
  /** Called when the host's one connection has ended. Called only with multiplexing. */
  readonly gone: () => void;
}

/** Whether the host asked for multiplexing. Only Go's words for true count. */
export function multiplexes(environment: Environment): boolean {
  return parseBool(environment[variables.multiplexing] ?? '') === true;
}

export function pluginTransport(parts: PluginTransportParts): PluginTransport {
  return multiplexes(parts.environment) ? multiplexed(parts) : overSockets(parts);
}

const explain: MultiplexSide['explain'] = (failure, method) =>
  Promise.resolve(callError(failure, method, { plugin: 'the host' }));

/** The plugin's side without multiplexing, where addresses are never translated. */
function overSockets({
  environment,
  tls,
  maxMessageBytes,
  send,
  serve,
}: PluginTransportParts): PluginTransport {
  const broker = new SocketBroker(
    {
      tls,
      maxMessageBytes,
      socketDirectory: () => socketDirectory(environment),
      share: async (path) => {
        await shareWithGroup(path, environment);
        return { network: 'unix', address: path };
      },
      reach: (address) => address,
      explain,
    },
    send,
  );
  return { broker, takesOne: false, accept: serve, close: () => undefined };
}

/** The first connection is the only one (go-plugin: internal/grpcmux). */
function multiplexed({ tls, maxMessageBytes, send, serve, gone }: PluginTransportParts): PluginTransport {
  let session: YamuxSession | undefined;
  const broker = new MultiplexBroker({ tls, maxMessageBytes, session: () => session, explain }, send);
  return {
    broker,
    takesOne: true,
    accept: (connection) => {
      if (session) {
        connection.destroy();
        return;
      }
      session = new YamuxSession(connection, {
        role: 'server',
        onStream: (stream) => {
          if (!broker.take(stream)) serve(stream);
        },
      });
      void session.closed.then(gone);
    },
    close: () => session?.close(),
  };
}
