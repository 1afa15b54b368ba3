/** A Docker of a test's own in the mount namespace of this process, which those of `scripts/engines` are not in. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { findExecutable } from '../../src/linux/find-executable.ts';

const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

const cgroups = '/sys/fs/cgroup';

/** Why none can be started here; `undefined` where one can. */
export async function whyNoDockerDaemon(): Promise<string | undefined> {
  if (process.geteuid?.() !== 0) return 'only root can start a Docker daemon';
  return (await findExecutable('dockerd', path)) === undefined ? 'dockerd is not installed' : undefined;
}

export interface DockerDaemonOptions {
  /** Gives it a network namespace of its own, in which it can make networks. Default false. */
  readonly ownNetwork?: boolean;
  /** Lets its containers live on while it is restarted. Default false. */
  readonly liveRestore?: boolean;
  /** Arguments of the runtime runsc. Default: those that a plugin needs. */
  readonly runscArguments?: readonly string[];
}

export interface DockerDaemon extends AsyncDisposable {
  readonly socketPath: string;
  /** Its settings, which it reads when it starts. */
  readonly configFile: string;
  /** A folder for sockets, which it sees under the same path. */
  readonly shareDirectory: string;
  /** Ends the daemon and starts it again; with `liveRestore` its containers live on meanwhile. */
  restart(): Promise<void>;
}

/**
 * Starts one without a network, with everything in a folder of its own. Disposing of it ends it and removes the folder;
 * its containers must be gone by then.
 */
export async function startDockerDaemon({
  ownNetwork = false,
  liveRestore = false,
  runscArguments = ['--host-uds=all', '--network=none'],
}: DockerDaemonOptions = {}): Promise<DockerDaemon> {
  const folder = await mkdtemp(join(tmpdir(), 'dockerd-'));
  const socketPath = join(folder, 'docker.sock');
  const runsc = await findExecutable('runsc', path);
  const configuration = {
    hosts: [`unix://${socketPath}`],
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: join(folder, 'pid'),
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    'cgroup-parent': basename(folder),
    'live-restore': liveRestore,
    bridge: 'none',
    iptables: false,
    ip6tables: false,
    ...(runsc !== undefined && {
      runtimes: {
        runsc: { path: runsc, runtimeArgs: runscArguments },
        'runsc-network': { path: runsc, runtimeArgs: ['--host-uds=all', '--network=host'] },
      },
    }),
  };
  await writeFile(join(folder, 'daemon.json'), JSON.stringify(configuration));
  const shareDirectory = join(folder, 's');
  await mkdir(shareDirectory);
  let daemon = run(join(folder, 'daemon.json'), ownNetwork);
  const end = async (): Promise<void> => {
    await daemon.end();
    // A daemon that leaves its containers running leaves its folder mounted onto itself.
    if (liveRestore) spawnSync('umount', ['-l', join(folder, 'data')]);
    await rm(folder, { recursive: true, force: true });
    // Its control groups are empty by now; one is in each hierarchy of version 1, or in the only one.
    for (const hierarchy of ['.', ...(await readdir(cgroups))])
      await rmdir(join(cgroups, hierarchy, basename(folder))).catch(() => undefined);
  };
  try {
    await daemon.listening;
  } catch (error) {
    await end();
    throw error;
  }
  return {
    socketPath,
    configFile: join(folder, 'daemon.json'),
    shareDirectory,
    async restart() {
      await daemon.end();
      daemon = run(join(folder, 'daemon.json'), ownNetwork);
      await daemon.listening;
    },
    [Symbol.asyncDispose]: end,
  };
}

function run(
  configuration: string,
  ownNetwork: boolean,
): { readonly listening: Promise<void>; end(): Promise<void> } {
  const command = ['dockerd', '--config-file', configuration];
  const apart = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  const [program = '', ...args] = ownNetwork ? [...apart, ...command] : command;
  const daemon = spawn(program, args, {
    env: { HOME: '/root', PATH: path },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exit = once(daemon, 'exit');
  const said: string[] = [];
  const listening = new Promise<true>((resolve) => {
    createInterface({ input: daemon.stderr }).on('line', (line) => {
      if (said.push(line) > 20) said.shift();
      if (line.includes('API listen on')) resolve(true);
    });
  });
  return {
    listening: Promise.race([listening, exit]).then((result) => {
      if (result !== true) throw new Error(`dockerd did not start: ${said.join('\n')}`);
    }),
    async end() {
      daemon.kill('SIGTERM');
      await exit;
    },
  };
}
