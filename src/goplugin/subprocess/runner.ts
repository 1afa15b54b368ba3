/** Runs a plugin as a plain process of this machine. */
import {
  anyOf,
  checkShape,
  filledText,
  flag,
  listOf,
  recordOf,
  required,
  shapeOf,
  text,
  that,
} from '../../settings/option-shape.ts';
import { userPath } from '../../settings/user-path.ts';
import { checkSecureConfig, type SecureConfig } from './checked-file.ts';
import type { RunnerFactory } from '../runner.ts';
import type { SubprocessOptions } from './options.ts';

const subprocessOptions = required(
  shapeOf<SubprocessOptions>({
    command: required(filledText),
    args: listOf(text),
    env: recordOf(text),
    skipHostEnv: flag,
    socketsAnywhere: flag,
    secureConfig: shapeOf<SecureConfig>({
      checksum: required(
        anyOf(
          text,
          that((value) => value instanceof Uint8Array, 'must be bytes or hexadecimal digits'),
        ),
      ),
      hash: text,
    }),
    cwd: filledText,
    temporaryDirectory: userPath,
  }),
);

/**
 * Makes a runner for `startPlugin` that runs the plugin as a process, in a process group of its own, which ends with
 * it.
 */
export function subprocessRunner(options: SubprocessOptions): RunnerFactory {
  checkShape('subprocessRunner', subprocessOptions, options);
  if (options.secureConfig) checkSecureConfig(options.secureConfig);
  return async (environment, { signal }) => {
    signal?.throwIfAborted();
    const { createSubprocess } = await import('./process.ts');
    return await createSubprocess(options, environment);
  };
}
