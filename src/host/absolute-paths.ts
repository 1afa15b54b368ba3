import { resolve } from 'node:path';
import type { PluginHostOptions } from './host-options.ts';

/**
 * Makes the paths absolute once, when a host is opened: the engine and the watchdog have other working directories, and
 * that of this process may change.
 */
export function withAbsolutePaths(options: PluginHostOptions): PluginHostOptions {
  const { directory, socketDirectory, podman } = options;
  return {
    ...options,
    ...(directory !== undefined && { directory: resolve(directory) }),
    ...(socketDirectory !== undefined && { socketDirectory: resolve(socketDirectory) }),
    ...(podman !== undefined && { podman: absolute(podman) }),
  };
}

function absolute(
  podman: NonNullable<PluginHostOptions['podman']>,
): NonNullable<PluginHostOptions['podman']> {
  const entries = Object.entries(podman).map(([name, value]) => [
    name,
    typeof value === 'string' ? resolve(value) : value,
  ]);
  return Object.fromEntries(entries) as typeof podman;
}
