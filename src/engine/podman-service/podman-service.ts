import type { CallOptions } from '../call-options.ts';

export interface PodmanServiceOptions extends CallOptions {
  /** OCI runtime that all containers of the service run in: a name on the PATH, or an absolute path. Default: Podman's own. */
  readonly runtime?: string | undefined;
  /**
   * Flags for the runtime, without their leading dashes. Default for runsc: `host-uds=all`, `network=none`, and rootless
   * `ignore-cgroups`; for others none.
   */
  readonly runtimeFlags?: readonly string[] | undefined;
  /** Where images and containers are kept. Default: the user's own storage. */
  readonly root?: string | undefined;
  /** State of running containers. Give it with `root`. */
  readonly runRoot?: string | undefined;
  /** Folder for the private folder of the socket. Default: `XDG_RUNTIME_DIR`, else the system's temporary folder. */
  readonly socketDirectory?: string | undefined;
  /** Default: `systemd` where it is process 1, else `cgroupfs`. */
  readonly cgroupManager?: 'systemd' | 'cgroupfs' | undefined;
  /** Where `HOME`, `PATH` and the like come from; only those few reach the service. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Time until it must answer, in milliseconds. Default 20000. */
  readonly startTimeoutMs?: number | undefined;
}

/** A Podman service of our own. */
export interface PodmanService extends AsyncDisposable {
  readonly socketPath: string;
  /** The runtime as it was asked for; `undefined` for Podman's own choice. */
  readonly runtime: string | undefined;
  /** Process id of the service. */
  readonly pid: number;
  /** Resolves when the service has ended, on request or by itself. */
  readonly exited: Promise<void>;
  /** Stops the service and removes its socket. Containers that run go on: stop them before. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts `podman system service` on a private socket, and waits until it answers. It ends with its disposal, and with
 * this process.
 *
 * @throws PodmanServiceError when podman or the runtime is not installed, or the service ends or stays silent
 * @remarks Abort stops what was started.
 */
export function startPodmanService(_options: PodmanServiceOptions = {}): Promise<PodmanService> {
  return Promise.reject(new Error('not there yet'));
}
