/** How a host reaches a plugin: with a socket for every connection, or with one that carries all. */
import type { Duplex } from 'node:stream';
import type { BrokerEnd } from './broker/broker.ts';
import { MultiplexBroker } from './broker/multiplex-broker.ts';
import { SocketBroker, type BrokerSide } from './broker/socket-broker.ts';
import { connectTo, openChannel } from './grpc/client/channel.ts';
import { Http2Channel } from './grpc/client/http2-channel.ts';
import type { PluginAddress } from './runner.ts';
import type { ConnInfo } from './wire/messages.ts';
import { YamuxSession } from './yamux/session.ts';

export interface Transport {
  /** The channel over the main connection, which is made with its first call. */
  readonly channel: Http2Channel;
  /** Makes the host's half of the broker. Called once. */
  broker(send: (info: ConnInfo) => void): BrokerEnd;
  /** Ends what the main connection and the broker leave behind. Idempotent. */
  close(): void;
}

export function socketTransport(address: PluginAddress, side: BrokerSide): Transport {
  return {
    channel: openChannel(address, side.tls, side.maxMessageBytes, side.makeSocket),
    broker: (send) => new SocketBroker(side, send),
    close: () => undefined,
  };
}

/**
 * Makes one connection for everything, at once: a plugin accepts one, and gives up when it has none after five seconds
 * (go-plugin: internal/grpcmux). Each stream has TLS of its own.
 */
export async function multiplexedTransport(
  address: PluginAddress,
  {
    tls,
    explain,
    maxMessageBytes,
    makeSocket,
  }: Pick<BrokerSide, 'tls' | 'explain' | 'maxMessageBytes' | 'makeSocket'>,
  signal: AbortSignal,
): Promise<Transport> {
  const socket = await connectTo(address, { http2: 'plain', makeSocket })(signal);
  let broker: MultiplexBroker | undefined;
  const session = new YamuxSession(socket, {
    role: 'client',
    onStream: (stream) => {
      if (broker?.take(stream) !== true) stream.destroy(new Error('nobody here waits for this stream'));
    },
  });
  let used = false;
  // The first stream, which has no knock, is the main connection. It is not replaced when it breaks: the plugin's
  // broker has ended with it.
  const connect = (): Promise<Duplex> => {
    if (used) return Promise.reject(new Error('the main connection was lost'));
    used = true;
    return Promise.resolve(session.open());
  };
  return {
    channel: new Http2Channel(connect, tls, maxMessageBytes),
    broker: (send) =>
      (broker = new MultiplexBroker({ tls, explain, maxMessageBytes, session: () => session }, send)),
    close: () => {
      session.close();
    },
  };
}
