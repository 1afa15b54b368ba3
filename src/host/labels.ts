/** Labels that tell whose a container is. */
import { livenessOf, thisProcess, type ProcessIdentity } from '../process-identity.ts';
import type { ResolvedPlugin } from './resolved-plugin.ts';

/** Labels of every container that a host makes. */
export const hostLabels = {
  /** One opening of a host. */
  hostId: 'io.bulkhead.host',
  /** Hosts that belong together; nobody touches containers of another cluster. */
  clusterId: 'io.bulkhead.cluster.id',
  processId: 'io.bulkhead.pid',
  processStart: 'io.bulkhead.pid.start',
  pidNamespace: 'io.bulkhead.pid.namespace',
  bootId: 'io.bulkhead.boot.id',
  pluginName: 'io.bulkhead.plugin.name',
  pluginType: 'io.bulkhead.plugin.type',
  pluginVersion: 'io.bulkhead.plugin.version',
  instanceId: 'io.bulkhead.instance.id',
  /** The folder on the host in which its sockets are. */
  folder: 'io.bulkhead.folder',
  created: 'io.bulkhead.created',
} as const;

/** The same in Vault's spelling, for tools that look for its containers. */
const vaultLabels = {
  [hostLabels.processId]: 'com.hashicorp.vault.pid',
  [hostLabels.clusterId]: 'com.hashicorp.vault.cluster.id',
  [hostLabels.pluginName]: 'com.hashicorp.vault.plugin.name',
  [hostLabels.pluginType]: 'com.hashicorp.vault.plugin.type',
  [hostLabels.pluginVersion]: 'com.hashicorp.vault.plugin.version',
} as const;

export interface HostIdentity {
  readonly hostId: string;
  readonly clusterId: string;
  /** Whether Vault's labels are set too. */
  readonly vaultLabels: boolean;
}

/** What tells that something is this process', and no longer anybody's when the process is gone. */
export function ownerLabels(host: Pick<HostIdentity, 'hostId' | 'clusterId'>): Record<string, string> {
  const { bootId, pid, pidNamespace, startTime } = thisProcess();
  return {
    [hostLabels.hostId]: host.hostId,
    [hostLabels.clusterId]: host.clusterId,
    [hostLabels.processId]: String(pid),
    [hostLabels.processStart]: startTime,
    [hostLabels.pidNamespace]: pidNamespace,
    [hostLabels.bootId]: bootId,
  };
}

export function labelsOf(
  host: HostIdentity,
  plugin: Pick<ResolvedPlugin, 'type' | 'name' | 'version'>,
  { instanceId, folder }: { readonly instanceId: string; readonly folder: string },
): Record<string, string> {
  const labels: Record<string, string> = {
    ...ownerLabels(host),
    [hostLabels.pluginName]: plugin.name,
    [hostLabels.pluginType]: plugin.type,
    [hostLabels.pluginVersion]: plugin.version,
    [hostLabels.instanceId]: instanceId,
    [hostLabels.folder]: folder,
    [hostLabels.created]: new Date().toISOString(),
  };
  if (!host.vaultLabels) return labels;
  const twins = Object.entries(vaultLabels).map(([ours, vaults]) => [vaults, labels[ours] ?? '']);
  return { ...labels, ...(Object.fromEntries(twins) as Record<string, string>) };
}

/** Whether the host that made a container lives. `unknown`: it can't be seen from here, or is not named in full. */
export function ownerLiveness(labels: Readonly<Record<string, string>>): 'alive' | 'gone' | 'unknown' {
  const owner = ownerOf(labels);
  return owner === undefined ? 'unknown' : livenessOf(owner);
}

function ownerOf(labels: Readonly<Record<string, string>>): ProcessIdentity | undefined {
  const bootId = labels[hostLabels.bootId];
  const pidNamespace = labels[hostLabels.pidNamespace];
  const startTime = labels[hostLabels.processStart];
  const pid = Number(labels[hostLabels.processId]);
  if (!bootId || !pidNamespace || !startTime || !Number.isSafeInteger(pid)) return undefined;
  return { bootId, pidNamespace, startTime, pid };
}
