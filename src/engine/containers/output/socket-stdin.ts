import type { Socket } from 'node:net';

/** The writing end of an attached container's stdin. */
export interface ContainerStdin {
  /** Resolves when the bytes have been handed to the operating system. Wait for it before writing more. */
  write(data: Uint8Array | string): Promise<void>;
  /** Half-closes the connection: the program sees the end of its input, and its output goes on. */
  end(): Promise<void>;
}

/** Makes the stdin of a container from an upgraded connection. */
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
