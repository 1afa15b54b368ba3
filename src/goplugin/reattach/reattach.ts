/** The entry point of reattaching; the code behind it is loaded with its first use. */
import { InvalidOptionError } from '../../errors.ts';
import { checkShape, objectWith, required, shapeOf } from '../../settings/option-shape.ts';
import { checkMaxMessageBytes } from '../limits.ts';
import type { Plugin } from '../plugin.ts';
import { pluginOptionChecks } from '../start-options.ts';
import { reattachConfig } from './config.ts';
import type { ReattachOptions } from './options.ts';

const { startTimeoutMs, signal, onOutput, maxMessageBytes } = pluginOptionChecks;
const reattachOptions = required(
  shapeOf<ReattachOptions>({
    reattach: required(reattachConfig),
    runner: objectWith('start', 'wait', 'kill', 'diagnose', 'pluginToHost', 'hostToPlugin', 'shareSocket'),
    startTimeoutMs,
    signal,
    onOutput,
    maxMessageBytes,
  }),
);

/**
 * Connects to a plugin that runs already. There is no handshake, so there is no AutoMTLS and no multiplexing. The
 * plugin's log goes to the program that started it.
 *
 * A plugin in test mode (`reattach.test`) is left running by `stop()`: the program that started it ends it. Any other
 * plugin is ended as one that was started here, and its broker does not work, because a plugin's broker lives as long
 * as its first host's connection.
 *
 * @throws InvalidOptionError before anything is done; PluginError when there is no such process; PluginStartError
 *   when it takes no connection. Neither a failure here nor an abort ends the plugin.
 */
export async function reattachPlugin(options: ReattachOptions): Promise<Plugin> {
  checkShape('reattachPlugin', reattachOptions, options);
  const { reattach, runner, signal } = options;
  checkMaxMessageBytes(options.maxMessageBytes);
  if (runner === undefined && reattach.pid === undefined) {
    throw new InvalidOptionError('reattach.pid', 'there is no process id, and no `runner` in its place');
  }
  signal?.throwIfAborted();
  const { attach } = await import('./attach.ts');
  return await attach(options);
}
