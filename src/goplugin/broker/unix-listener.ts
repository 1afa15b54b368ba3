/** A listening unix socket. */
import { createServer, type Socket } from 'node:net';
import { longestSocketPath } from '../../linux/socket-path.ts';
import { BrokerError } from '../errors.ts';

export interface Listener {
  /** Stops listening and removes the socket. Connections are left alone. */
  close(): void;
}

/** @throws BrokerError when the path is too long or nothing can listen there */
export function listenOnUnixSocket(path: string, onConnection: (socket: Socket) => void): Promise<Listener> {
  const length = Buffer.byteLength(path);
  if (length > longestSocketPath) {
    throw new BrokerError(
      'BROKER_LISTEN_FAILED',
      `The socket path ${path} has ${length} bytes; ${longestSocketPath} are possible`,
      { hint: 'Use a directory with a shorter path for sockets.' },
    );
  }
  return new Promise((resolve, reject) => {
    const server = createServer(onConnection);
    server.on('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new BrokerError(
          'BROKER_LISTEN_FAILED',
          `Nothing can listen on ${path}: ${cause.code ?? cause.message}`,
          {
            cause,
          },
        ),
      );
    });
    server.listen(path, () => {
      resolve({ close: () => server.close() });
    });
  });
}
