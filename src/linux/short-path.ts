import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A path to a file in `folder` that is short enough for a socket, however long the folder's own path is: the kernel
 * allows 107 bytes (unix(7)). Valid until `release` is called.
 */
export async function shortPath(
  folder: string,
  name: string,
): Promise<{ readonly path: string; readonly release: () => Promise<void> }> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK);
  return { path: join(`/proc/self/fd/${handle.fd}`, name), release: () => handle.close() };
}
