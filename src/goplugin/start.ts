/** The way into the host side, which is loaded with the first plugin: a plugin imports this package too. */
import type { Plugin, StartPluginOptions } from './plugin.ts';
import { checkStartOptions } from './start-options.ts';

/**
 * Starts a plugin and connects to it.
 *
 * @throws InvalidOptionError before anything is done; `PluginStartError`, `HandshakeError`, `PluginExitedError` or
 * `PluginStartTimeoutError`, each with phase, exit, last output and diagnosis; typed errors of the runner as they
 * are. Nothing is left behind. Abort: the same, with the reason rethrown as it is.
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
