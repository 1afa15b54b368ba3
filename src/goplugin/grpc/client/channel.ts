/** One gRPC connection to a go-plugin server. */
import { connect as connectSocket, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { whenAborted } from '../../../abort.ts';
import { SharedReads, withSharedReads } from '../../http2/shared-reads.ts';
import type { MakeSocket, PluginAddress } from '../../runner.ts';
import type { MutualTls } from '../../tls/identity.ts';
import { socketFile } from '../connection/socket-file.ts';
import { Http2Channel, type Connect } from './http2-channel.ts';
import { connectSecured, type SocketAddress } from '../connection/tls-connection.ts';

/** Opens a channel to an address. It connects with its first call, and has to be closed with `close()`. */
export function openChannel(
  address: PluginAddress,
  tls: MutualTls | undefined,
  maxMessageBytes?: number,
  makeSocket?: MakeSocket,
): Http2Channel {
  const options = { http2: tls ?? 'plain', makeSocket } as const;
  return new Http2Channel(connectTo(address, options), tls, maxMessageBytes, true);
}

export interface ConnectOptions {
  /** Given when HTTP/2 alone reads from the connections: with TLS, which is begun too, or without. */
  readonly http2?: MutualTls | 'plain';
  /** Makes the connections to unix sockets; by default they are made as they are. */
  readonly makeSocket?: MakeSocket | undefined;
}

/** Returns a function that makes a new connection to the address for each call. */
export function connectTo({ network, address }: PluginAddress, options: ConnectOptions = {}): Connect {
  if (network === 'tcp')
    return (signal) => connected(splitHostAndPort(address), signal, { ...options, makeSocket: undefined });
  return async (signal) => {
    await using file = await socketFile(address);
    return await connected({ path: file.path }, signal, options);
  };
}

function connected(
  to: SocketAddress,
  signal: AbortSignal,
  { http2, makeSocket = (_purpose, make) => make() }: ConnectOptions,
): Promise<Duplex> {
  return new Promise<Duplex>((resolve, reject) => {
    const socket = makeSocket('connect', () => socketTo(to, http2));
    const stopListening = whenAborted(signal, () => socket.destroy(signal.reason as Error));
    socket.once('error', (error) => {
      stopListening();
      reject(error);
    });
    socket.once('close', () => {
      stopListening();
      reject(new Error('the connection was lost'));
    });
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      stopListening();
      socket.setNoDelay();
      resolve(socket);
    });
  });
}

function socketTo(to: SocketAddress, http2: MutualTls | 'plain' | undefined): Socket {
  if (http2 === undefined) return connectSocket(to);
  if (http2 !== 'plain') return connectSecured(to, http2);
  const reads = new SharedReads();
  return withSharedReads(connectSocket({ ...to, onread: reads.onread }), reads);
}

function splitHostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(address.slice(colon + 1)) };
}
