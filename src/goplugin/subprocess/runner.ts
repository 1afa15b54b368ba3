/** Runs a plugin as a plain process of this machine. */
import { InvalidOptionError } from '../../errors.ts';
import { checkSecureConfig } from './checked-file.ts';
import type { RunnerFactory } from '../runner.ts';
import type { SubprocessOptions } from './options.ts';

/** For `startPlugin`: runs the plugin as a process, in a process group of its own, which ends with it. */
export function subprocessRunner(options: SubprocessOptions): RunnerFactory {
  if (options.command === '') throw new InvalidOptionError('command', 'is empty');
  if (options.secureConfig) checkSecureConfig(options.secureConfig);
  return async (environment, { signal }) => {
    signal?.throwIfAborted();
    const { createSubprocess } = await import('./process.ts');
    return await createSubprocess(options, environment);
  };
}
