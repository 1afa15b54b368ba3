/**
 * Opens the very socket that is at a path. A plugin may write into the directory that its host shares with it: a
 * symbolic link there would lead the host to a socket of somebody else's choice.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';

/** Linux: open(2). A descriptor for the file itself, which need not be readable; Node has no name for it. */
const pathOnly = 0o10000000;

export interface SocketFile extends AsyncDisposable {
  /** Path to connect to, until this is disposed of. */
  readonly path: string;
}

/** @throws Error when there is nothing, or something other than a socket */
export function socketFile(path: string): Promise<SocketFile> {
  return new Promise((resolve) => {
    resolve(process.platform === 'linux' ? opened(path) : { path, [Symbol.asyncDispose]: nothing });
  });
}

/**
 * The calls are synchronous: each takes some microseconds, because nothing is read or waited for, and its way through the
 * thread pool would take many times as long.
 */
function opened(path: string): SocketFile {
  const file = openSync(path, pathOnly | constants.O_NOFOLLOW);
  // Without `bigint`, Node.js 20 would take the next path that it resolves for that of a socket, and leave links in it.
  const found = fstatSync(file, { bigint: true });
  if (!found.isSocket()) {
    closeSync(file);
    throw new Error(`${path} is ${found.isSymbolicLink() ? 'a symbolic link' : 'no socket'}`);
  }
  return {
    path: `/proc/self/fd/${file}`,
    [Symbol.asyncDispose]: () => {
      closeSync(file);
      return nothing();
    },
  };
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
