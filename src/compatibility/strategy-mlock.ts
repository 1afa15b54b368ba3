import { fileCapabilitiesOf, inFirstUserNamespace, isRoot } from './case.ts';
import { valueOf } from './fact.ts';
import type { LaunchStrategy, StrategyUlimit } from './launch-verdict.ts';
import { pluginProgram } from './plugin-program.ts';
import type { LaunchCase } from './rule.ts';
import { lockDenial } from './strategy-selinux.ts';

export type MemoryLocking = Pick<LaunchStrategy, 'capabilities' | 'ulimits'>;

/**
 * Limit on locked memory that no plugin reaches. In a gVisor sandbox it is virtual: no host memory is locked, and the
 * engine's own limit does not matter. It is a large number and not -1, which Podman 5.8 lowers to the engine's own limit.
 */
const ampleMemlockBytes = 2 ** 40;

/** Returns what lets the plugin lock its memory, and nothing that it does not need for that. */
export function memoryLocking(launch: LaunchCase): MemoryLocking {
  if (launch.wishes.mlock !== true) return { capabilities: [], ulimits: [] };
  // A program with the file capability can't even be started without that capability.
  const byFile = locksByFile(launch) ? ['IPC_LOCK'] : [];
  if (launch.runtime?.kind === 'runsc') {
    return { capabilities: byFile, ulimits: [memlock(ampleMemlockBytes)] };
  }
  // Linux requires the capability in the first user namespace; in any other only the limit counts.
  if (!inFirstUserNamespace(launch)) return { capabilities: byFile, ulimits: raisedSoftLimit(launch) };
  const isPodman = launch.engine.kind === 'podman';
  const isEnough = locksByFile(launch) && pluginProgram(launch).is !== 'started';
  // What SELinux denies has no effect, and only the limit is left.
  if (lockDenial(launch) === undefined && (isRoot(launch) === true || isPodman || isEnough)) {
    return { capabilities: ['IPC_LOCK'], ulimits: [] };
  }
  if (isUnlimited(launch)) return { capabilities: byFile, ulimits: raisedSoftLimit(launch) };
  if (valueOf(launch.engine.memlock)?.mayRaise === true)
    return { capabilities: byFile, ulimits: [memlock(isPodman ? ampleMemlockBytes : -1)] };
  return { capabilities: ['IPC_LOCK'], ulimits: [] };
}

/**
 * Whether executing the program, or the plugin that it starts, gives the capability, which is the only way for a user
 * other than root on Docker.
 */
function locksByFile(launch: LaunchCase): boolean {
  return fileCapabilitiesOf(launch).includes('IPC_LOCK');
}

export function isUnlimited({ engine }: LaunchCase): boolean {
  return valueOf(engine.memlock)?.hard === 'unlimited';
}

/** Raises the soft limit, because a process may go up to its hard limit. */
function raisedSoftLimit({ engine }: LaunchCase): StrategyUlimit[] {
  const limit = valueOf(engine.memlock);
  if (limit === undefined || limit.soft === limit.hard) return [];
  return [memlock(limit.hard === 'unlimited' ? -1 : limit.hard)];
}

function memlock(bytes: number): StrategyUlimit {
  return { name: 'memlock', soft: bytes, hard: bytes };
}
