/** Where a plugin makes its sockets, and who may connect (go-plugin: server.go). */
import { randomInt } from 'node:crypto';
import { chmod, chown, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { temporaryFolder, variableOf } from '../../linux/standard-folders.ts';
import { variables } from '../handshake/environment.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export function socketDirectory(environment: Environment): string {
  const folder = variableOf(environment, variables.socketDirectory) ?? variableOf(environment, 'TMPDIR');
  return resolve(folder ?? temporaryFolder()); // the host has another working directory
}

/** Makes a path `pluginNNN`, as go-plugin names it. */
export function newSocketPath(directory: string): string {
  return join(directory, `plugin${randomInt(1_000_000_000, 10_000_000_000)}`);
}

/** Gives the socket to the group that the host asked for, and lets the group connect. */
export async function shareWithGroup(path: string, environment: Environment): Promise<void> {
  const group = environment[variables.socketGroup];
  if (!group) return;
  const keepOwner = -1;
  await chown(path, keepOwner, /^\d+$/.test(group) ? Number(group) : await groupId(group));
  await chmod(path, 0o660);
}

async function groupId(name: string): Promise<number> {
  const lines = (await readFile('/etc/group', 'utf8')).split('\n');
  const entry = lines.map((line) => line.split(':')).find(([group]) => group === name);
  if (entry?.[2] === undefined) {
    throw new Error(
      `there is no group ${JSON.stringify(name)} here; ${variables.socketGroup} may be a number`,
    );
  }
  return Number(entry[2]);
}
