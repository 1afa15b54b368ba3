/** A listening unix socket. */
import { createServer, type Socket } from 'node:net';
import { longestSocketPath } from '../../linux/socket-path.ts';
import { messageOf } from '../../thrown-value.ts';
import { BrokerError } from '../errors.ts';
import type { MakeSocket } from '../runner.ts';

export interface Listener {
  /** Stops listening and removes the socket. Connections are left alone. */
  close(): void;
}

/** @throws BrokerError when the path is too long or nothing can listen there */
export function listenOnUnixSocket(
  path: string,
  onConnection: (socket: Socket) => void,
  makeSocket: MakeSocket = (_purpose, make) => make(),
): Promise<Listener> {
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
    const listen = (): void => {
      // Exclusive: in a worker of a cluster, the main process would make the socket.
      server.listen({ path, exclusive: true }, () => {
        resolve({ close: () => server.close() });
      });
    };
    try {
      makeSocket('listen', listen);
    } catch (cause) {
      server.close();
      reject(cantLabel(path, cause));
    }
  });
}

function cantLabel(path: string, cause: unknown): BrokerError {
  return new BrokerError(
    'BROKER_LISTEN_FAILED',
    `The socket ${path} can't be made for the plugin: ${messageOf(cause)}`,
    {
      cause,
      hint: 'SELinux does not let this process choose the label of a socket: launch the plugin with `brokerMultiplex`, or run this process in a domain that may (setsockcreate, setfscreate).',
    },
  );
}
