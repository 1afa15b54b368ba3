import type { EngineClient } from '../client.ts';

export interface ResourceLimits {
  readonly memoryBytes?: number | undefined;
  readonly memorySwapBytes?: number | undefined;
  readonly cpuNanos?: number | undefined;
  readonly pidsLimit?: number | undefined;
}

/**
 * Refuses limits that the engine would not enforce. Rootless engines accept limits, show them as if in force, and
 * ignore them.
 */
export function refuseUnenforcedLimits(client: EngineClient, limits: ResourceLimits): void {
  const { enforces } = client.identity;
  const unenforced = [
    ...(limits.memoryBytes !== undefined && !enforces.memory ? ['memoryBytes'] : []),
    ...(limits.cpuNanos !== undefined && !enforces.cpu ? ['cpuNanos'] : []),
    ...(limits.pidsLimit !== undefined && limits.pidsLimit > 0 && !enforces.pids ? ['pidsLimit'] : []),
  ];
  if (unenforced.length === 0) return;
  client.refuse(
    `does not enforce ${unenforced.join(', ')} on this host`,
    'Leave the limit out, or give the engine its cgroup controllers (cgroup v2 with delegation for rootless engines).',
  );
}
