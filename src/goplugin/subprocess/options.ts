import type { SecureConfig } from './checked-file.ts';

export interface SubprocessOptions {
  /** Path of the executable, or its name to be found on the PATH. */
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  /** The plugin's environment besides go-plugin's own variables and those that `skipHostEnv` passes on. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * Controls how much of the host's environment the plugin gets. Default: only `PATH`. `true`: nothing of it, as in Go;
   * `false`: all of it, which is Go's default. `env` and go-plugin's own variables win over it.
   */
  readonly skipHostEnv?: boolean | undefined;
  /**
   * Accepts sockets that the plugin announces outside of the private directory too. Default: false. Plugins in Go
   * always make theirs within it.
   */
  readonly socketsAnywhere?: boolean | undefined;
  /** Starts the executable only if it has this checksum, and starts the very file that was checked. */
  readonly secureConfig?: SecureConfig | undefined;
  /** Working directory. Default: the host's. */
  readonly cwd?: string | undefined;
  /** Where the private directory for sockets is made. Default: the system's directory for temporary files. */
  readonly temporaryDirectory?: string | undefined;
}
