import type { StartPluginOptions } from '../plugin.ts';
import type { PluginRunner } from '../runner.ts';
import type { ReattachConfig } from './config.ts';

export interface ReattachOptions extends Pick<
  StartPluginOptions,
  'startTimeoutMs' | 'signal' | 'onOutput' | 'maxMessageBytes'
> {
  /** Configuration from the plugin itself, or from the program that started it: see `parseReattachConfig`. */
  readonly reattach: ReattachConfig;
  /**
   * Watches and ends a plugin that is not a process of this machine, such as a container (Go: `ReattachFunc`); its
   * `start` is not called. Default: the process `reattach.pid`.
   */
  readonly runner?: PluginRunner | undefined;
}
