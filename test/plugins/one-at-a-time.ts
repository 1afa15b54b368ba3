import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';

/**
 * Runs `work` while no other process of this machine runs one of the same name; the others wait until this one is done, or
 * has died. A listening socket in the abstract namespace is the lock: the kernel gives each name to one process, and takes
 * it back when the process ends, however it ends.
 */
export async function oneAtATime<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  // The hash is short enough for the address of a socket, which a path may not be.
  const address = `\0bulkhead-tests-${createHash('sha256').update(name).digest('hex')}`;
  let lock = await listen(address);
  while (lock === undefined) {
    await untilReleased(address);
    lock = await listen(address);
  }
  try {
    return await work();
  } finally {
    lock.server.close();
    for (const waiting of lock.waiting) waiting.destroy();
  }
}

interface Lock {
  readonly server: Server;
  readonly waiting: Set<{ destroy(): void }>;
}

/** @returns nothing if another process holds it */
async function listen(address: string): Promise<Lock | undefined> {
  const waiting: Lock['waiting'] = new Set();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => undefined).on('close', () => waiting.delete(socket));
  });
  try {
    await once(server.listen(address), 'listening');
    return { server, waiting };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** Waits for the end of a connection to the holder. A connection that is refused has been released already. */
async function untilReleased(address: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const closed = (): void => {
      resolve();
    };
    connect(address)
      .on('error', () => undefined)
      .on('close', closed)
      .resume();
  });
}
