import type { Plugin, StartPluginOptions } from './plugin.ts';

/** Starts a plugin. */
export function startPlugin(options: StartPluginOptions): Promise<Plugin> {
  return Promise.reject(new Error(`not built yet: ${options.handshake.magicCookieKey}`));
}
