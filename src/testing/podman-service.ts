import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  connectEngine,
  startPodmanService as startService,
  type PodmanService,
  type PodmanServiceOptions,
} from '../engine/index.ts';

export interface ThrowAwayPodmanOptions extends Pick<
  PodmanServiceOptions,
  'runtime' | 'runtimeFlags' | 'cgroupManager' | 'environment' | 'startTimeoutMs' | 'signal'
> {
  /** Folder in which to make the one for everything. Default: the system's temporary folder. */
  readonly parent?: string | undefined;
}

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
  const { parent = tmpdir(), ...rest } = options;
  const folder = await mkdtemp(join(parent, 'bulkhead-testing-'));
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

async function discard(service: PodmanService, folder: string): Promise<void> {
  try {
    await removeContainers(service.socketPath);
  } finally {
    await service[Symbol.asyncDispose]();
    await removeFolder(folder);
  }
}

/** Containers outlive their service, so they go first. A service that has ended by itself can't be asked. */
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

async function removeFolder(folder: string): Promise<void> {
  await unmountBelow(folder);
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    // A rootless storage has files of other ids, which belong to us in a user namespace only.
    await promisify(execFile)('podman', ['unshare', 'rm', '-rf', '--', folder]);
  }
}

/** The storage mounts itself onto itself, and leaves that behind. */
async function unmountBelow(folder: string): Promise<void> {
  const mountInfo = await readFile('/proc/self/mountinfo', 'utf8'); // proc(5): the fifth field is the mount point
  const mountPoints = mountInfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mountPoints.reverse()) await promisify(execFile)('umount', ['-l', path]);
}
