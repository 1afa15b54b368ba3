import type { EngineClient } from '../client.ts';

export interface ResourceLimits {
  readonly memory?: number | undefined;
  readonly memorySwap?: number | undefined;
  readonly nanoCpus?: number | undefined;
  readonly pidsLimit?: number | undefined;
}

/** Rootless engines take limits, show them as if in force, and do nothing. */
export function refuseUnenforcedLimits(client: EngineClient, limits: ResourceLimits): void {
  const { enforces } = client.identity;
  const unenforced = [
    ...(limits.memory !== undefined && !enforces.memory ? ['memory'] : []),
    ...(limits.nanoCpus !== undefined && !enforces.cpu ? ['nanoCpus'] : []),
    ...(limits.pidsLimit !== undefined && limits.pidsLimit > 0 && !enforces.pids ? ['pidsLimit'] : []),
  ];
  if (unenforced.length === 0) return;
  client.refuse(
    `does not enforce ${unenforced.join(', ')} on this host`,
    'Leave the limit out, or give the engine its cgroup controllers (cgroup v2 with delegation for rootless engines).',
  );
}
