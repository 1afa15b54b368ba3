import type { Socket } from 'node:net';
import type { ContainerStdin } from './attach-container.ts';

/** Writing to a container through an upgraded connection. */
export function socketStdin(socket: Socket, explain: (error: unknown) => Promise<unknown>): ContainerStdin {
  const written = (send: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      send((error) => {
        if (error) void explain(error).then(reject);
        else resolve();
      });
    });
  return {
    write: (data) => written((done) => socket.write(data, done)),
    end: () => (socket.writableEnded ? Promise.resolve() : written((done) => socket.end(done))),
  };
}
