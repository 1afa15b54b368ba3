import { readdir, readlink, realpath } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { readProcFile } from '../../linux/process-status.ts';

/**
 * How long the answer to a ping may take, in milliseconds. The engine has answered a moment ago, but a Podman service
 * that ended because it was idle is started anew by its socket, which took more than 5 s on a slow machine.
 */
const answerMs = 20_000;

/** Longest table that is read. A line has some hundred bytes, and any local user can make many lines. */
const longestTable = 32 * 1024 * 1024;

/**
 * How often the table is read. The kernel gives its table of sockets in pieces, and counts lines at the beginning of
 * each, so an entry that is removed meanwhile makes another line go missing (seen in 66 of 22,041 readings beside two
 * programs that opened and closed sockets).
 */
const readingsOfTable = 3;

/**
 * Links of `/proc/PID/fd` that may be the far end of a connection of this process. The connection stays open while they
 * are looked at.
 */
export type FarEnds = ReadonlySet<string>;

/**
 * Connects to the socket, waits for the answer to a ping, and then looks at what may be the far end of the connection:
 * the sockets that were accepted at this path since.
 *
 * The kernel makes the far end of a connection in the network namespace of the side that connects, wherever the
 * listener is, so it is in this process's table. Others who connect in the same network namespace to a listener of the
 * same path add entries: one connection proves nothing, and a process that holds a far end of each of several is likely
 * the engine.
 *
 * @throws the system's error, or one that says what happened, when nothing answered
 */
export async function withFarEnds<T>(socketPath: string, look: (farEnds: FarEnds) => Promise<T>): Promise<T> {
  const paths = [socketPath, await realpath(socketPath).catch(() => socketPath)];
  const before = await acceptedAt(paths);
  const socket = connect(socketPath);
  socket.on('error', () => undefined); // told below; an engine may also end the connection while it is looked at
  const late = setTimeout(() => socket.destroy(new Error('no answer')), answerMs);
  try {
    await pinged(socket); // until the connection is accepted, nobody holds its far end
    clearTimeout(late); // the looking may take longer than an answer may
    const farEnds = new Set<string>();
    for (let reading = 0; reading < readingsOfTable && farEnds.size === 0; reading++)
      for (const link of await acceptedAt(paths)) if (!before.has(link)) farEnds.add(link);
    return await look(farEnds);
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}

/**
 * Sends a ping as soon as the socket is connected, and resolves with the first bytes of the answer. An engine that is
 * restarted may end the connection without an answer, and that is no error of the socket's.
 */
function pinged(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => socket.write('HEAD /_ping HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    socket.once('data', () => {
      resolve();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      reject(new Error('the connection was ended before an answer'));
    });
  });
}

/** Whether a process holds one of the sockets; `undefined` where this process may not see it. */
export async function holdsOneOf(pid: number, links: FarEnds): Promise<boolean | undefined> {
  try {
    const descriptors = await readdir(`/proc/${pid}/fd`);
    const targets = await Promise.all(
      descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
    );
    return targets.some((target) => links.has(target));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? false : undefined; // a process that has ended holds nothing
  }
}

/** Lists the connected sockets of this network namespace that were accepted by a listener with one of these paths. */
async function acceptedAt(paths: readonly string[]): Promise<Set<string>> {
  const table = await readProcFile('/proc/self/net/unix', longestTable);
  const links = new Set<string>();
  // Num RefCount Protocol Flags Type St Inode Path, proc_net(5). State 3 is connected; the side that connects has no
  // path.
  for (const [, inode, path] of table.matchAll(/^\S+: \S+ \S+ 00000000 0001 03 +([1-9]\d*) (.+)$/gm))
    if (path !== undefined && paths.includes(path)) links.add(`socket:[${inode ?? ''}]`);
  return links;
}
