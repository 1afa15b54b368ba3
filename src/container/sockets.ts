import { chmod, chown } from 'node:fs/promises';
import { posix } from 'node:path';
import type { SocketDirectoryPlan } from '../compatibility/index.ts';
import { BulkheadError } from '../errors.ts';
import type { PluginAddress } from '../goplugin/index.ts';
import { containerSocketDirectory } from './create-request.ts';

/** The address on the host of a socket that the plugin says it made. */
export function addressOnHost(address: PluginAddress, directory: string, image: string): PluginAddress {
  if (address.network === 'unix' && posix.dirname(address.address) === containerSocketDirectory) {
    return { network: 'unix', address: posix.join(directory, posix.basename(address.address)) };
  }
  throw new BulkheadError(
    'SOCKET_OUTSIDE_DIRECTORY',
    `${image} listens on ${address.network} ${address.address}, not in ${containerSocketDirectory}, where the host could reach it`,
    {
      hint: 'Build the plugin with go-plugin 1.5 or later (1.5.1 if it uses the broker): older ones do not know PLUGIN_UNIX_SOCKET_DIR.',
    },
  );
}

/** The address in the container of a socket that the host made in the shared directory. */
export function addressInContainer(address: PluginAddress, directory: string): PluginAddress {
  if (address.network === 'unix' && posix.dirname(address.address) === directory) {
    return {
      network: 'unix',
      address: posix.join(containerSocketDirectory, posix.basename(address.address)),
    };
  }
  throw new BulkheadError(
    'SOCKET_OUTSIDE_DIRECTORY',
    `the plugin can't reach ${address.network} ${address.address}: it is not in the shared directory ${directory}`,
  );
}

/** Connecting needs write permission on the socket: the plugin gets it as a member of the directory's group. */
export async function shareSocket(path: string, plan: SocketDirectoryPlan): Promise<void> {
  const uid = plan.owner?.uid ?? process.geteuid?.() ?? 0;
  const gid = plan.gid ?? plan.owner?.gid ?? process.getegid?.() ?? 0;
  await chown(path, uid, gid);
  await chmod(path, 0o660);
}
