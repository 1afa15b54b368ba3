/** Runs a plugin as a plain process of this machine. */
import { InvalidOptionError } from '../../errors.ts';
import type { RunnerFactory } from '../runner.ts';

export interface SubprocessOptions {
  /** Path of the executable, or its name to be found on the PATH. */
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  /**
   * The environment beside go-plugin's own variables. Nothing else of the host's environment but `PATH` is passed
   * on; use `{ ...process.env }` to pass on all of it.
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Working directory. Default: the host's. */
  readonly cwd?: string | undefined;
  /** Where the private directory for sockets is made. Default: the system's directory for temporary files. */
  readonly temporaryDirectory?: string | undefined;
}

/** For `startPlugin`: runs the plugin as a process, in a process group of its own, which ends with it. */
export function subprocessRunner(options: SubprocessOptions): RunnerFactory {
  if (options.command === '') throw new InvalidOptionError('command', 'is empty');
  return async (environment, { signal }) => {
    signal?.throwIfAborted();
    const { createSubprocess } = await import('./process.ts');
    return await createSubprocess(options, environment);
  };
}
