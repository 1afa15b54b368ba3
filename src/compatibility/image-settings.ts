/** What the settings of an image mean for its container, apart from its volumes. */
import { constants } from 'node:os';
import { posix } from 'node:path';
import { isAbsent } from './case.ts';
import { cleanPath } from './clean-path.ts';
import type { LaunchCase } from './rule.ts';

/** Variables with which a host tells a plugin what it wants (go-plugin: client.go). An image must not say it first. */
export const goPluginVariables: readonly string[] = [
  'PLUGIN_MIN_PORT',
  'PLUGIN_MAX_PORT',
  'PLUGIN_PROTOCOL_VERSIONS',
  'PLUGIN_CLIENT_CERT',
  'PLUGIN_MULTIPLEX_GRPC',
  'PLUGIN_UNIX_SOCKET_DIR',
  'PLUGIN_UNIX_SOCKET_GROUP',
];

/**
 * Returns the variables of the image that the container gets empty unless the host sets them: those of go-plugin, and
 * names without a value, in place of which Podman would take the value of its own service.
 */
export function blankVariables({ image }: Pick<LaunchCase, 'image'>): string[] {
  if (isAbsent(image)) return [];
  const { variables = [], valueless = [] } = image.settings ?? {};
  const names = [...variables.filter((name) => goPluginVariables.includes(name)), ...valueless];
  return [...new Set(names.filter((name) => name !== ''))];
}

/**
 * Returns the shortest form of the image's working directory where the image has another one: Docker makes the folder of
 * the shortest form, and newer builds of gVisor then look for the parts that it leaves out.
 */
export function replacedWorkingDirectory({
  image,
  wishes,
}: Pick<LaunchCase, 'image' | 'wishes'>): string | undefined {
  const given = isAbsent(image) ? '' : (image.settings?.workingDirectory ?? '');
  if (wishes.workingDirectory !== undefined || !posix.isAbsolute(given)) return undefined;
  const path = cleanPath(given);
  return path === given ? undefined : path;
}

/** Returns the signal that takes the place of a stop signal that is none; engines fail with one. */
export function replacedStopSignal({ image }: Pick<LaunchCase, 'image'>): string | undefined {
  const signal = isAbsent(image) ? '' : (image.settings?.stopSignal ?? '');
  return signal === '' || isSignal(signal) ? undefined : 'SIGTERM';
}

function isSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) > 0 && Number(text) <= 64;
  const name = text.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  return name in constants.signals || /^SIGRT(MIN(\+([1-9]|1[0-5]))?|MAX(-([1-9]|1[0-4]))?)$/.test(name);
}
