import { longestSocketPath } from '../../linux/socket-path.ts';
import { posix } from 'node:path';
import { BulkheadError } from '../../errors.ts';
import type { PluginAddress } from '../../goplugin/index.ts';
import { containerSocketDirectory } from '../create-request.ts';
import type { PluginFolder } from './plugin-folder.ts';

/** Longest name of a socket in bytes: the path of the folder uses up the rest of what a socket path may have. */
const longestName = longestSocketPath - `${containerSocketDirectory}/`.length;

/** The address on the host of a socket that the plugin reports. */
export function addressOnHost(
  address: PluginAddress,
  directory: Pick<PluginFolder, 'path' | 'isShared'>,
  image: string,
): PluginAddress {
  const name = nameIn(containerSocketDirectory, address);
  if (name !== undefined && directory.isShared(name)) {
    throw new BulkheadError(
      'SOCKET_OUTSIDE_DIRECTORY',
      `${image} says that it listens on ${shown(address)}, which is a socket of its host`,
      { hint: `Let the plugin make a socket of its own in ${containerSocketDirectory}.` },
    );
  }
  if (name !== undefined) return { network: 'unix', address: posix.join(directory.path, name) };
  throw new BulkheadError(
    'SOCKET_OUTSIDE_DIRECTORY',
    `${image} listens on ${shown(address)}, not in ${containerSocketDirectory}, where the host could reach it`,
    { hint: hintForAddress(address) },
  );
}

/** Says what to change so that the host reaches the plugin, by where the plugin listens instead. */
function hintForAddress({ network, address }: PluginAddress): string {
  const folder = containerSocketDirectory;
  if (network === 'tcp') {
    return `The container has a network of its own, where the host can't connect: let the plugin listen on a unix socket in the folder that PLUGIN_UNIX_SOCKET_DIR names (${folder}). go-plugin does so on Linux, unless the plugin sets up a listener itself.`;
  }
  // go-plugin names its sockets so, in the folder for temporary files if it knows no other.
  if (/^(?:\/var)?\/tmp\/plugin\d+$/.test(address)) {
    return 'Build the plugin with go-plugin 1.5 or later (1.5.1 if it uses the broker): older ones do not know PLUGIN_UNIX_SOCKET_DIR.';
  }
  const normal = posix.normalize(address);
  if (posix.dirname(normal) === folder) {
    return Buffer.byteLength(posix.basename(normal)) > longestName
      ? `The name of the socket is too long for the host: at most ${longestName} bytes fit.`
      : `Let the plugin announce the socket by its plain path: ${normal}.`;
  }
  if (normal.startsWith(`${folder}/`))
    return `Let the plugin make its socket directly in ${folder}, not in a folder below.`;
  return `Let the plugin make its socket in the folder that PLUGIN_UNIX_SOCKET_DIR names (${folder}), which the host shares. No other folder of the container is on the host.`;
}

/**
 * The address in the container of a socket that the host made in its own directory before moving it to the shared one.
 */
export function addressInContainer(address: PluginAddress, directory: string): PluginAddress {
  const name = nameIn(directory, address);
  if (name !== undefined) {
    return { network: 'unix', address: posix.join(containerSocketDirectory, name) };
  }
  throw new BulkheadError(
    'SOCKET_OUTSIDE_DIRECTORY',
    `the plugin can't reach ${shown(address)}: it is not in the shared directory ${directory}`,
  );
}

/** The name of a file directly in the directory. `undefined` for a deeper path, or one that names no file. */
function nameIn(directory: string, { network, address }: PluginAddress): string | undefined {
  if (network !== 'unix' || !address.startsWith(`${directory}/`)) return undefined;
  const name = address.slice(directory.length + 1);
  const isName = name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
  return isName && Buffer.byteLength(name) <= longestName ? name : undefined;
}

/** Escapes the address, which the plugin chose. */
function shown({ network, address }: PluginAddress): string {
  const text = address.length > 200 ? `${address.slice(0, 200)}…` : address;
  return `${network} ${/^[\x21-\x7e]*$/.test(text) ? text : JSON.stringify(text)}`;
}
