/**
 * Opens the very socket that is at a path. A plugin may write into the directory that its host shares with it: a
 * symbolic link there would lead the host to a socket of somebody else's choice.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Linux: open(2). A descriptor for the file itself, which need not be readable; Node has no name for it. */
const pathOnly = 0o10000000;

export interface SocketFile extends AsyncDisposable {
  /** Path to connect to, until this is disposed of. */
  readonly path: string;
}

/** @throws Error when there is nothing, or something other than a socket */
export async function socketFile(path: string): Promise<SocketFile> {
  if (process.platform !== 'linux') return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
  const file = await open(path, pathOnly | constants.O_NOFOLLOW);
  const found = await file.stat();
  if (!found.isSocket()) {
    await file.close();
    throw new Error(`${path} is ${found.isSymbolicLink() ? 'a symbolic link' : 'no socket'}`);
  }
  return { path: `/proc/self/fd/${file.fd}`, [Symbol.asyncDispose]: () => file.close() };
}
