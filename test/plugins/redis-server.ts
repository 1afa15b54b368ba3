/** A Redis of a test's own: Debian's server in a container beside the plugin, as nobody. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { removeContainer } from '../../src/container/remove.ts';
import type { Engine } from '../../src/engine/index.ts';
import { loadImage, writeImageArchive } from '../../src/packing/index.ts';
import { debianFolder } from './debian-program.ts';

export const noRedis = "Debian's package of Redis can't be fetched here";

export interface RedisServer extends AsyncDisposable {
  /** In the network that it was put into. */
  readonly host: string;
  readonly port: number;
  /** Password of the user `default`, an administrator. */
  readonly password: string;
  /** Another administrator. */
  readonly second: { readonly username: string; readonly password: string };
  /** The answer to a command of somebody who has logged in; what the server says when the login is refused. */
  ask(user: { readonly username: string; readonly password: string }, ...command: string[]): Promise<string>;
}

/** @param shareDirectory a folder that the engine sees under the same path */
export async function startRedis(
  engine: Engine,
  { network, shareDirectory }: { readonly network: string; readonly shareDirectory: string },
): Promise<RedisServer | undefined> {
  const image = await redisImage();
  if (image === undefined) return undefined;
  await loadImage(engine, image);
  const folder = await mkdtemp(join(shareDirectory, 'redis-'));
  await chmod(folder, 0o777); // the server is nobody
  const socket = join(folder, 'redis.sock');
  const password = randomBytes(12).toString('hex');
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const end = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const { id } = await engine.containers.create({
      image: image.tag,
      user: '65534:65534',
      network,
      mounts: [{ type: 'bind', source: folder, target: folder }],
      cmd: [
        ...['--port', '6379', '--unixsocket', socket, '--unixsocketperm', '777', '--dir', folder],
        ...['--save', '', '--appendonly', 'no', '--protected-mode', 'no', '--requirepass', password],
      ],
    });
    undo.push(() => removeContainer(engine, id));
    const attached = await engine.containers.attach(id);
    undo.push(() => attached[Symbol.asyncDispose]());
    await engine.containers.start(id);
    await readyLine(attached.stdout);
    const { endpoints } = await engine.containers.inspect(id);
    const second = { username: 'second', password: randomBytes(12).toString('hex') };
    const rules = ['on', `>${second.password}`, '~*', '&*', '+@all'];
    const made = await ask(
      socket,
      ['AUTH', 'default', password],
      ['ACL', 'SETUSER', second.username, ...rules],
    );
    if (made !== '+OK') throw new Error(`Redis makes no second administrator: ${made}`);
    return {
      second,
      host: endpoints[0]?.ipv4?.address ?? '',
      port: 6379,
      password,
      ask: (user, ...command) => ask(socket, ['AUTH', user.username, user.password], command),
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function readyLine(stdout: AsyncIterable<Uint8Array>): Promise<void> {
  const said: string[] = [];
  for await (const line of createInterface({ input: Readable.from(stdout) })) {
    if (line.includes('Ready to accept connections')) return;
    said.push(line);
  }
  throw new Error(`Redis did not start: ${said.join('\n')}`);
}

/** The server with the libraries that it needs, some of which the machine has and some of which Debian's packages bring. */
async function redisImage() {
  const folder = await debianFolder(['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1']);
  if (folder === undefined) return undefined;
  const program = join(folder, 'usr/bin/redis-check-rdb'); // the server by another name
  const libraries = join(folder, 'usr/lib/x86_64-linux-gnu');
  const listed = execFileSync('ldd', [program], {
    encoding: 'utf8',
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
  });
  const files = listed.split('\n').flatMap((line) => {
    const [, name, file] = /^\s*(?:(\S+) => )?(\/\S+) \(/.exec(line) ?? [];
    return file === undefined
      ? []
      : [{ path: name === undefined ? file : `/lib/${name}`, content: { file }, mode: 0o755 }];
  });
  return writeImageArchive({
    tag: 'localhost/bulkhead-test/redis-server:1',
    files: [{ path: '/bin/redis-server', content: { file: program }, mode: 0o755 }, ...files],
    env: { LD_LIBRARY_PATH: '/lib' },
    entrypoint: ['/bin/redis-server'],
  });
}

/** Sends commands, and returns the first answer that is not OK. */
function ask(path: string, ...commands: readonly (readonly string[])[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let said = '';
    let left = commands.length;
    socket.setEncoding('utf8').on('error', reject);
    socket.on('data', (text: string) => {
      said += text;
      for (let end = said.indexOf('\r\n'); end !== -1; end = said.indexOf('\r\n')) {
        const line = said.slice(0, end);
        said = said.slice(end + 2);
        left -= 1;
        if (line === '+OK' && left > 0) continue;
        socket.destroy();
        resolve(line);
        return;
      }
    });
    socket.on('connect', () => socket.write(commands.map(encoded).join('')));
  });
}

/** An array of bulk strings. */
function encoded(command: readonly string[]): string {
  const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return `*${command.length}\r\n${parts.join('')}`;
}
