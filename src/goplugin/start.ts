/**
 * The entry point of the host side, whose code is loaded with the first plugin, because plugins import this package
 * too.
 */
import type { Plugin, StartPluginOptions } from './plugin.ts';
import { checkStartOptions } from './start-options.ts';

/**
 * Starts a plugin and connects to it.
 *
 * @throws InvalidOptionError before anything is done; `PluginStartError`, `HandshakeError`, `PluginExitedError` or
 *   `PluginStartTimeoutError`, each with phase, exit, last output and diagnosis; typed errors of the runner as they
 *   are. Nothing is left behind. After an abort nothing is left behind either, and the reason is rethrown as it is.
 *
 * ```ts
 * await using plugin = await startPlugin({
 *   createRunner: subprocessRunner({ command: './kv-plugin' }),
 *   handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
 *   protocolVersions: [1],
 * });
 * ```
 */
export async function startPlugin(options: StartPluginOptions): Promise<Plugin> {
  const settings = checkStartOptions(options);
  settings.signal?.throwIfAborted();
  const { attemptStart } = await import('./start-attempt.ts');
  return await attemptStart(settings);
}
