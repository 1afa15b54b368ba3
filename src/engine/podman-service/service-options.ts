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
  /** Folder for the state of running containers; used together with `root`. */
  readonly runRoot?: string | undefined;
  /** Podman's folder for temporary files. Default: the one that the storage remembers, else Podman's own. */
  readonly tmpDir?: string | undefined;
  /**
   * Folder in which the private folder of the socket is made. Default: `XDG_RUNTIME_DIR`, else the system's temporary
   * folder.
   */
  readonly socketDirectory?: string | undefined;
  /** Default: Podman's own where systemd runs, else `cgroupfs`. */
  readonly cgroupManager?: 'systemd' | 'cgroupfs' | undefined;
  /**
   * Environment from which `HOME`, `PATH` and the like are taken; only those few reach the service. Default
   * `process.env`.
   */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Time within which the service must answer, in milliseconds. Default 20000. */
  readonly startTimeoutMs?: number | undefined;
}
