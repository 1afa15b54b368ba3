/** The socket of a host in its directory. It is made anew when somebody removes it while the host runs. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { watch, type FSWatcher } from 'node:fs';
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { trustedPath, unwritable, type TrustedDirectory } from '../../catalog/internal.ts';
import { shortPath } from '../../linux/short-path.ts';
import { hostsFolder } from './messages.ts';

export interface ListenOptions {
  readonly connected: (socket: Socket) => void;
  /** Told when the socket was removed: that another one was made, or why that failed. */
  readonly removed?: ((text: string) => void) | undefined;
  /** Whether the socket keeps the process alive. Default true. */
  readonly keepsAlive?: boolean | undefined;
}

/** Whoever removes the folder removes it file by file, and would be in the way of a new one made at once. */
const settleMs = 200;

interface Listening {
  readonly path: string;
  isThere(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Listens on a socket of its own in the directory. Without it commands would not find a host that still runs.
 *
 * @throws the errors of the file system; StoreError `CATALOG_UNTRUSTED`
 */
export async function listenInDirectory(
  directory: TrustedDirectory,
  options: ListenOptions,
): Promise<AsyncDisposable> {
  let closed = false;
  let looking: Promise<void> = Promise.resolve();
  let current = await listen(directory, options, look);

  function look(): void {
    looking = looking.then(async () => {
      if (isClosed() || (await current.isThere())) return;
      await delay(settleMs, undefined, { ref: false });
      if (isClosed()) return;
      const lost = current;
      try {
        current = await listen(directory, options, look);
        options.removed?.(
          `The socket ${lost.path} was removed; ps, logs and call find this host at another one now.`,
        );
      } catch (error) {
        options.removed?.(
          `The socket ${lost.path} was removed, and ps, logs and call don't find this host any more: ${(error as Error).message}`,
        );
      }
      await lost.close().catch(() => undefined); // what is left of it is nobody's way in any more
    });
  }

  /** Asked again after each wait. */
  const isClosed = (): boolean => closed;

  return {
    async [Symbol.asyncDispose]() {
      closed = true;
      await looking;
      await current.close();
    },
  };
}

async function listen(
  directory: TrustedDirectory,
  { connected, keepsAlive = true }: ListenOptions,
  changed: () => void,
): Promise<Listening> {
  const folder = join(directory.directory, hostsFolder);
  await trustedPath(directory, folder, 'write');
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(unwritable(folder));
  await trustedPath(directory, folder, 'write'); // somebody else may have made the folder in the meantime
  const name = `${process.pid}-${randomBytes(4).toString('hex')}.sock`;
  const { path, release } = await shortPath(folder, name);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (!keepsAlive) socket.unref();
    connected(socket);
  });
  if (!keepsAlive) server.unref();
  const close = async (): Promise<void> => {
    watcher?.close();
    if (server.listening) {
      // Connections end by themselves, or are ended by whoever took them.
      server.close();
    }
    await release();
    await rm(join(folder, name), { force: true });
  };
  let watcher: FSWatcher | undefined;
  try {
    server.listen(path);
    await once(server, 'listening');
    await chmod(path, 0o600);
    const { dev, ino } = await lstat(join(folder, name));
    watcher = watchFolder(folder, changed);
    return {
      path: join(folder, name),
      close,
      isThere: async () => {
        const there = await lstat(join(folder, name)).catch(() => undefined);
        return there?.dev === dev && there.ino === ino;
      },
    };
  } catch (error) {
    await close().catch(() => undefined); // what went wrong first counts
    return unwritable(join(folder, name))(error);
  }
}

/** Where the kernel has no watch left, the host stays as it is. The watch does not keep this process alive. */
function watchFolder(folder: string, changed: () => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, changed).on('error', () => undefined);
  } catch {
    return undefined;
  }
}
