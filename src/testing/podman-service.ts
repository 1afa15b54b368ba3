import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  connectEngine,
  InvalidOptionError,
  startPodmanService as startService,
  type PodmanService,
  type PodmanServiceOptions,
} from '../engine/index.ts';
import { podmanServiceChecks } from '../engine/internal.ts';
import { findExecutable, programFolders } from '../linux/find-executable.ts';
import { temporaryFolder } from '../linux/standard-folders.ts';
import { checkShape, shapeOf } from '../settings/option-shape.ts';
import { userPath } from '../settings/user-path.ts';

export interface ThrowAwayPodmanOptions extends Pick<
  PodmanServiceOptions,
  'runtime' | 'runtimeFlags' | 'cgroupManager' | 'environment' | 'startTimeoutMs' | 'signal'
> {
  /**
   * Folder in which the folder for everything is made; 27 characters at most. Default: the system's temporary folder.
   */
  readonly parent?: string | undefined;
}

const throwAwayOptions = shapeOf<ThrowAwayPodmanOptions>({
  ...podmanServiceChecks,
  parent: userPath,
});

/**
 * Starts a real Podman service with a storage of its own, which nobody else sees and which is empty at first. Disposing
 * of it removes its containers, its images, its socket and every file.
 *
 * @throws PodmanServiceError when Podman or the runtime is not installed, or the service does not come up
 * @remarks Abort stops what was started, and removes it.
 *
 * @example
 * await using podman = await startPodmanService();
 * await using engine = await connectEngine({ socketPath: podman.socketPath });
 */
export async function startPodmanService(options: ThrowAwayPodmanOptions = {}): Promise<PodmanService> {
  checkShape('startPodmanService', throwAwayOptions, options);
  const { parent: given = temporaryFolder(), ...rest } = options;
  const parent = resolve(given); // Podman has another working directory
  refuseLongPath(parent);
  const folder = await mkdtemp(join(parent, folderPrefix));
  try {
    const service = await startService({
      ...rest,
      root: join(folder, 'root'),
      runRoot: join(folder, 'run'),
      tmpDir: join(folder, 'tmp'),
      socketDirectory: folder,
    });
    let disposing: Promise<void> | undefined;
    return {
      socketPath: service.socketPath,
      runtime: service.runtime,
      pid: service.pid,
      exited: service.exited,
      [Symbol.asyncDispose]: () => (disposing ??= discard(service, folder)),
    };
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
}

const folderPrefix = 'bulkhead-tp-';
/** Longest path for the state of running containers that Podman accepts (podman `libpod/options.go`). */
const longestRunRoot = 50;

function refuseLongPath(parent: string): void {
  const longestParent = longestRunRoot - `/${folderPrefix}XXXXXX/run`.length;
  if (parent.length <= longestParent) return;
  throw new InvalidOptionError(
    'parent',
    `Podman takes a path of ${longestParent} characters here, not ${parent}`,
  );
}

async function discard(service: PodmanService, folder: string): Promise<void> {
  try {
    await removeContainers(service.socketPath);
  } finally {
    await service[Symbol.asyncDispose]();
    await endPauseProcess(folder);
    await untilNobodyNames(folder);
    await removeFolder(folder);
  }
}

/**
 * Removes the containers first, because they outlive their service. A service that has ended by itself can't be asked.
 */
async function removeContainers(socketPath: string): Promise<void> {
  const engine = await connectEngine({ socketPath }).catch(() => undefined);
  if (engine === undefined) return;
  try {
    const containers = await engine.containers.list({ all: true });
    await Promise.all(
      containers.map(({ id }) => engine.containers.remove(id, { force: true, volumes: true })),
    );
  } finally {
    await engine.close();
  }
}

/**
 * Ends the process that a rootless Podman leaves to hold its user namespace, one for each folder of temporary files.
 */
async function endPauseProcess(folder: string): Promise<void> {
  const pid = Number(await readFile(join(folder, 'tmp', 'pause.pid'), 'utf8').catch(() => ''));
  if (pid > 1) process.kill(pid, 'SIGKILL');
}

const longestTidyingMs = 5000;

/**
 * Waits until no process names the folder: a container's monitor cleans up for some moments after the removal, and
 * nothing tells when it is done.
 */
async function untilNobodyNames(folder: string): Promise<void> {
  const deadline = Date.now() + longestTidyingMs;
  for (;;) {
    const pids = await processesNaming(folder);
    if (pids.length === 0) return;
    if (Date.now() > deadline) for (const pid of pids) process.kill(pid, 'SIGKILL');
    await delay(10);
  }
}

async function processesNaming(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((_, i) => lines[i]?.includes(text)).map(Number);
}

async function removeFolder(folder: string): Promise<void> {
  await unmountBelow(folder);
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    // A rootless storage has files with other ids, which belong to us only in a user namespace.
    await promisify(execFile)(await program('podman'), ['unshare', 'rm', '-rf', '--', folder], {
      env: own(['HOME', 'PATH', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME']),
      cwd: '/',
    });
  }
}

/** Unmounts what the storage leaves behind: it mounts itself onto itself. */
async function unmountBelow(folder: string): Promise<void> {
  const mountInfo = await readFile('/proc/self/mountinfo', 'utf8'); // proc(5): the fifth field is the mount point
  const mountPoints = mountInfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mountPoints.reverse())
    await promisify(execFile)(await program('umount'), ['-l', path], { env: {}, cwd: '/' });
}

/** These variables of this process; others may hold secrets. */
function own(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function program(name: string): Promise<string> {
  const { path } = await programFolders(process.env['PATH']);
  return (await findExecutable(name, path)) ?? `/usr/bin/${name}`;
}
