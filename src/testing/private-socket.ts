import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '../linux/standard-folders.ts';

/** Lets `server` listen on a socket in a folder of its own. */
export async function listenPrivately(
  server: Server,
): Promise<{ socketPath: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(temporaryFolder(), 'bulkhead-testing-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const socketPath = join(folder, 'engine.sock');
    server.listen(socketPath);
    await once(server, 'listening');
    return { socketPath, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
