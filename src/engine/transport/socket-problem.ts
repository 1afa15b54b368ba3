import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ErrorCode } from '../../errors.ts';

interface SocketProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Says why no connection could be made, from the system's error code and from what lies at the path. */
export async function describeSocketProblem(
  socketPath: string,
  code: string | undefined,
): Promise<SocketProblem> {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return {
        code: 'ENGINE_SOCKET_ABSENT',
        message: `${socketPath} does not exist`,
        hint: 'Start the engine, or give the path of the socket on which it listens.',
      };
    case 'EACCES':
    case 'EPERM':
      return forbidden(socketPath);
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
    case 'EPROTOTYPE':
      return refused(socketPath);
    default:
      return {
        code: 'ENGINE_SOCKET_REFUSED',
        message: `${socketPath} can't be connected to: ${code ?? 'unknown error'}`,
      };
  }
}

async function refused(socketPath: string): Promise<SocketProblem> {
  const found = await stat(socketPath).catch(() => undefined);
  if (found !== undefined && !found.isSocket()) {
    const what = found.isDirectory() ? 'a directory' : found.isFile() ? 'a file' : 'something else';
    return { code: 'ENGINE_SOCKET_INVALID', message: `${socketPath} is ${what}, not a socket` };
  }
  return {
    code: 'ENGINE_SOCKET_REFUSED',
    message: `nothing listens on ${socketPath}: the engine that made it is not running`,
    hint: 'Start the engine again (for example `systemctl start docker`, or `systemctl --user start podman.socket`).',
  };
}

async function forbidden(socketPath: string): Promise<SocketProblem> {
  const uid = process.geteuid?.() ?? -1;
  const found = await stat(socketPath).catch(() => undefined);
  if (found === undefined) {
    return {
      code: 'ENGINE_SOCKET_FORBIDDEN',
      message: `user ${uid} may not search ${dirname(socketPath)}`,
      hint: 'Use an engine of this user (rootless), or run as the owner of that folder.',
    };
  }
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  return {
    code: 'ENGINE_SOCKET_FORBIDDEN',
    message: `user ${uid} may not use ${socketPath} (owner ${found.uid}, group ${found.gid}, mode ${mode})`,
    hint:
      (found.mode & 0o060) === 0o060
        ? `Use a rootless engine of this user, or put the user into the ${await groupName(found.gid)}: members of that group have the power of root where the engine is rootful.`
        : 'Use a rootless engine of this user, or run as the owner of that socket.',
  };
}

/** Names a group as /etc/group does. Groups of other sources have their number alone. */
async function groupName(gid: number): Promise<string> {
  const lines = (await readFile('/etc/group', 'utf8').catch(() => '')).split('\n');
  const name = lines.map((line) => line.split(':')).find((parts) => parts[2] === String(gid))?.[0];
  return name === undefined ? `group ${gid}` : `group ${name} (${gid})`;
}
