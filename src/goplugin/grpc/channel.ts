/** One gRPC connection to a go-plugin server. */
import { connect as connectSocket, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { whenAborted } from '../../abort.ts';
import type { MakeSocket, PluginAddress } from '../runner.ts';
import type { MutualTls } from '../tls/identity.ts';
import { socketFile } from './socket-file.ts';
import { Http2Channel, type Connect } from './http2-channel.ts';

/** Opens a channel to an address. It connects with its first call, and has to be closed with `close()`. */
export function openChannel(
  address: PluginAddress,
  tls: MutualTls | undefined,
  maxMessageBytes?: number,
  makeSocket?: MakeSocket,
): Http2Channel {
  return new Http2Channel(connectTo(address, makeSocket), tls, maxMessageBytes);
}

/** Returns a function that makes a new connection to the address for each call. */
export function connectTo(
  { network, address }: PluginAddress,
  makeSocket: MakeSocket = (_purpose, make) => make(),
): Connect {
  if (network === 'tcp') return (signal) => connected(splitHostAndPort(address), signal);
  return async (signal) => {
    await using file = await socketFile(address);
    return await connected({ path: file.path }, signal, makeSocket);
  };
}

function connected(
  to: NetConnectOpts,
  signal: AbortSignal,
  makeSocket: MakeSocket = (_purpose, make) => make(),
): Promise<Duplex> {
  return new Promise<Duplex>((resolve, reject) => {
    const socket = makeSocket('connect', () => connectSocket(to));
    const stopListening = whenAborted(signal, () => socket.destroy(signal.reason as Error));
    socket.once('error', (error) => {
      stopListening();
      reject(error);
    });
    socket.once('connect', () => {
      stopListening();
      socket.setNoDelay();
      resolve(socket);
    });
  });
}

function splitHostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(address.slice(colon + 1)) };
}
