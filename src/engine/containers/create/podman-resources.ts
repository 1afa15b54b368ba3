import type { ResourceLimits } from '../limits.ts';

/** The kernel's usual period, in microseconds; Docker takes the same. */
const cpuPeriod = 100_000;

/** Converts limits to the names of the OCI runtime specification, as libpod takes them. */
export function podmanResources({
  memoryBytes: memory,
  memorySwapBytes,
  cpuNanos,
  pidsLimit,
}: ResourceLimits): object {
  return {
    memory: memory === undefined ? undefined : { limit: memory, swap: memorySwapBytes ?? 2 * memory },
    cpu:
      cpuNanos === undefined
        ? undefined
        : { period: cpuPeriod, quota: Math.round((cpuNanos * cpuPeriod) / 1e9) },
    // 0 is unlimited, and unlike -1 it also works where the controller is missing.
    pids: pidsLimit === undefined ? undefined : { limit: Math.max(0, pidsLimit) },
  };
}
