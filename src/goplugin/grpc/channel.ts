/** One gRPC connection to a go-plugin server. */
import { connect as connectSocket, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { whenAborted } from '../../abort.ts';
import { SharedReads, withSharedReads } from '../http2/shared-reads.ts';
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
  // TLS reads for itself.
  return new Http2Channel(connectTo(address, { http2: tls === undefined, makeSocket }), tls, maxMessageBytes);
}

export interface ConnectOptions {
  /** True when HTTP/2 alone reads from the connections. */
  readonly http2?: boolean;
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
  to: NetConnectOpts,
  signal: AbortSignal,
  { http2 = false, makeSocket = (_purpose, make) => make() }: ConnectOptions,
): Promise<Duplex> {
  return new Promise<Duplex>((resolve, reject) => {
    const reads = http2 ? new SharedReads() : undefined;
    const socket = makeSocket('connect', () => connectSocket(reads ? { ...to, onread: reads.onread } : to));
    if (reads) withSharedReads(socket, reads);
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
