/** Files of root beside what plugins can reach, to see whether anything touches them; and a socket, to see who comes. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

export interface Decoy extends AsyncDisposable {
  readonly path: string;
  /** A file that only its owner can read. */
  readonly victim: string;
  /** A socket of the host that no plugin has to do with. */
  readonly socket: string;
  /** Connections to it so far. */
  connections(): number;
  /** Owner, mode, times, links and content of everything in it, by name. */
  snapshot(): Promise<Record<string, string>>;
}

export async function layDecoy(parent: string): Promise<Decoy> {
  const path = await mkdtemp(join(parent, 'decoy-'));
  await chmod(path, 0o755);
  const victim = join(path, 'secret');
  await writeFile(victim, 'ATTACK_HOST_SECRET of a file\n', { mode: 0o600 });
  await mkdir(join(path, 'folder', 'deeper'), { recursive: true });
  for (const [name, mode] of Object.entries({
    'folder/program': 0o4755,
    'folder/deeper/group': 0o2750,
    'folder/plain': 0o644,
  })) {
    await writeFile(join(path, name), name);
    await chmod(join(path, name), mode);
  }
  await symlink('folder/plain', join(path, 'link'));
  let connections = 0;
  const socket = join(path, 'host.sock');
  const server = createServer((peer) => {
    connections += 1;
    peer.on('error', () => undefined).destroy();
  }).listen(socket);
  await once(server, 'listening');
  return {
    path,
    victim,
    socket,
    connections: () => connections,
    snapshot: async () => Object.fromEntries(await described(path, '.')),
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
      await rm(path, { recursive: true, force: true });
    },
  };
}

async function described(root: string, name: string): Promise<[string, string][]> {
  const path = join(root, name);
  const found = await lstat(path);
  const { mode, uid, gid, nlink, size, mtimeMs, ctimeMs } = found;
  const content = found.isFile()
    ? createHash('sha256')
        .update(await readFile(path))
        .digest('hex')
    : found.isSymbolicLink()
      ? await readlink(path)
      : '';
  const line = [mode.toString(8), uid, gid, nlink, size, mtimeMs, ctimeMs, content].join(' ');
  const inside = found.isDirectory() ? (await readdir(path)).sort() : [];
  return [
    [name, line],
    ...(await Promise.all(inside.map((each) => described(root, join(name, each))))).flat(),
  ];
}
