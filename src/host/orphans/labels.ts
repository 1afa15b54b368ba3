/** Labels that name the owner of a container. */
import { uptime } from 'node:os';
import {
  livenessOf,
  thisProcess,
  type Liveness,
  type ProcessIdentity,
} from '../../linux/process-identity.ts';
import type { ResolvedPlugin } from '../resolved-plugin.ts';

/** Hosts of this process that were closed. What an engine makes for one of them afterwards belongs to nobody. */
const closedHosts = new Set<string>();

export function noteClosed(hostId: string): void {
  closedHosts.add(hostId);
}

/** Whether this is a host of this process that was closed, although the process lives. */
export function isClosedHere(hostId: string, { pid }: Pick<ProcessIdentity, 'pid'>): boolean {
  return pid === process.pid && closedHosts.has(hostId);
}

/** Labels of every container that a host makes. */
export const hostLabels = {
  /** Id of one open host. */
  hostId: 'io.bulkhead.host',
  /** Id of the cluster. Containers of another cluster are never touched. */
  clusterId: 'io.bulkhead.cluster.id',
  processId: 'io.bulkhead.pid',
  processStart: 'io.bulkhead.pid.start',
  pidNamespace: 'io.bulkhead.pid.namespace',
  bootId: 'io.bulkhead.boot.id',
  /** A hash of the machine's id. */
  machineId: 'io.bulkhead.machine.id',
  pluginName: 'io.bulkhead.plugin.name',
  pluginType: 'io.bulkhead.plugin.type',
  pluginVersion: 'io.bulkhead.plugin.version',
  instanceId: 'io.bulkhead.instance.id',
  /** The folder on the host that holds the plugin's sockets. */
  folder: 'io.bulkhead.folder',
  created: 'io.bulkhead.created',
} as const;

/** The same labels in Vault's spelling, for tools that look for its containers. */
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
  /** Whether Vault's labels are set as well. */
  readonly vaultLabels: boolean;
}

/** Labels that name this process as the owner, so that others can tell when the owner is gone. */
export function ownerLabels(host: Pick<HostIdentity, 'hostId' | 'clusterId'>): Record<string, string> {
  const { bootId, machineId, pid, pidNamespace, startTime } = thisProcess();
  return {
    [hostLabels.hostId]: host.hostId,
    [hostLabels.clusterId]: host.clusterId,
    [hostLabels.processId]: String(pid),
    [hostLabels.processStart]: startTime,
    [hostLabels.pidNamespace]: pidNamespace,
    [hostLabels.bootId]: bootId,
    [hostLabels.machineId]: machineId,
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

/** What the engine reports about a container, including its labels. */
export interface SeenContainer {
  readonly labels: Readonly<Record<string, string>>;
  /** The same values as in `ContainerSummary`. */
  readonly state: string;
  readonly createdAt: Date;
}

/**
 * Whether the host that made a container lives. `unknown`: the host can't be seen from here, or the labels do not name
 * it in full.
 *
 * A host of an earlier boot of this machine counts as gone only where the engine agrees: its container was made before
 * this boot and does not run. A container that runs, or is younger, belongs to a living clone with this machine's id.
 */
export function ownerLiveness({ labels, state, createdAt }: SeenContainer): Liveness {
  const owner = ownerOf(labels);
  const liveness = livenessOf(owner);
  if (liveness === 'alive' && isClosedHere(labels[hostLabels.hostId] ?? '', owner)) return 'gone';
  if (liveness !== 'gone' || owner.bootId === thisProcess().bootId) return liveness;
  const isOfEarlierBoot = createdAt.getTime() < Date.now() - uptime() * 1000;
  return isOfEarlierBoot && restingStates.includes(state) ? 'gone' : 'unknown';
}

/** States in which a container has no process. */
const restingStates = ['created', 'configured', 'exited', 'stopped', 'dead'];

/** Whether the process that made an image lives. An image does not run, so its labels are the only evidence. */
export function makerLiveness(labels: Readonly<Record<string, string>>): Liveness {
  return livenessOf(ownerOf(labels));
}

function ownerOf(labels: Readonly<Record<string, string>>): ProcessIdentity {
  return {
    bootId: labels[hostLabels.bootId] ?? '',
    machineId: labels[hostLabels.machineId] ?? '',
    pidNamespace: labels[hostLabels.pidNamespace] ?? '',
    startTime: labels[hostLabels.processStart] ?? '',
    pid: Number(labels[hostLabels.processId] ?? ''),
  };
}
