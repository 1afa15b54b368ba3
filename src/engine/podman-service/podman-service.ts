import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidOptionError } from '../../errors.ts';
import { runtimeFolder, temporaryFolder } from '../../linux/standard-folders.ts';
import { messageOf } from '../../thrown-value.ts';
import { buildServiceCommand, type ServiceCommand } from './service-command.ts';
import { checkServiceOptions } from './service-checks.ts';
import { PodmanServiceError } from './service-error.ts';
import type { PodmanServiceOptions } from './service-options.ts';
import { spawnService, type ServiceProcess } from './service-process.ts';
import { untilItAnswers } from './until-it-answers.ts';

/** A Podman service that this process has started. */
export interface PodmanService extends AsyncDisposable {
  readonly socketPath: string;
  /** The runtime that was asked for; `undefined` for Podman's own choice. */
  readonly runtime: string | undefined;
  /** Process id of the service. */
  readonly pid: number;
  /** Resolves when the service has ended, on request or by itself. Waiting for it does not keep this process alive. */
  readonly exited: Promise<void>;
  /** Stops the service and removes its socket. Running containers go on, so stop them first. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts `podman system service` on a private socket, and waits until it answers. It ends with its disposal, and with this
 * process; it does not keep this process alive.
 *
 * @throws PodmanServiceError when Podman or the runtime is not installed, or the service ends or stays silent
 * @throws InvalidOptionError
 * @remarks Abort stops what was started.
 *
 * @example
 * await using service = await startPodmanService({ runtime: 'runsc' });
 * await using engine = await connectEngine({ socketPath: service.socketPath });
 */
export async function startPodmanService(options: PodmanServiceOptions = {}): Promise<PodmanService> {
  checkServiceOptions(options);
  const { signal, environment = process.env } = options;
  signal?.throwIfAborted();
  refuseHalfStorage(options);
  const folder = await makeFolder(
    resolve(options.socketDirectory ?? runtimeFolder(environment) ?? temporaryFolder()),
  );
  return startIn(folder, options);
}

/**
 * Starts a service on the same socket as an earlier one that has ended, or whose socket was removed, so that whoever
 * uses that path finds an engine there again.
 *
 * @param folder the private folder of the earlier service, which may be gone; the folder above it must be this user's
 *   alone
 * @throws the errors of `startPodmanService`
 */
export async function startPodmanServiceAgain(
  folder: string,
  options: PodmanServiceOptions,
): Promise<PodmanService> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 }).catch((cause: unknown) => {
    throw new PodmanServiceError('PODMAN_SERVICE_FAILED', `can't make the folder ${folder} anew`, { cause });
  });
  return startIn(folder, options);
}

async function startIn(folder: string, options: PodmanServiceOptions): Promise<PodmanService> {
  const { signal, startTimeoutMs = 20_000, environment = process.env } = options;
  const socketPath = join(folder, 'podman.sock');
  let service: ServiceProcess | undefined;
  const dispose = async () => {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const command = await buildServiceCommand(options, environment, socketPath);
    service = spawn(command, folder);
    await untilItAnswers(service, socketPath, { startTimeoutMs, signal });
    return {
      socketPath,
      runtime: options.runtime,
      pid: service.pid,
      exited: service.exited,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function spawn(command: ServiceCommand, folder: string): ServiceProcess {
  try {
    return spawnService(command, () => {
      rmSync(folder, { recursive: true, force: true });
    });
  } catch (cause) {
    // The system refuses some programs at once, such as one that is too long or of another machine.
    throw new PodmanServiceError(
      'PODMAN_SERVICE_FAILED',
      `${command.file} can't be started: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

function refuseHalfStorage({ root, runRoot }: PodmanServiceOptions): void {
  if ((root === undefined) === (runRoot === undefined)) return;
  throw new InvalidOptionError(
    'runRoot',
    "root and runRoot go together: one storage can't use the state of another",
  );
}

async function makeFolder(parent: string): Promise<string> {
  try {
    return await mkdtemp(join(parent, 'bulkhead-podman-')); // mode 0700: no one else may use the engine
  } catch (cause) {
    throw new PodmanServiceError(
      'PODMAN_SERVICE_FAILED',
      `can't make a folder for the socket in ${parent}: ${messageOf(cause)}`,
      {
        cause,
        hint: 'Set `socketDirectory`, or XDG_RUNTIME_DIR, to a folder of this user.',
      },
    );
  }
}
