import type { Socket } from 'node:net';

/** The writing end of an attached container's stdin. */
export interface ContainerStdin {
  /** Resolves when the bytes are handed to the operating system, which is when more should be written. */
  write(data: Uint8Array | string): Promise<void>;
  /** Half-closes: the program sees the end of its input, its output goes on. */
  end(): Promise<void>;
}

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
