import { compareVersions } from '../engine/api-version.ts';
import { fileCapabilitiesOf, inFirstUserNamespace, isRoot } from './case.ts';
import { valueOf } from './fact.ts';
import type { LaunchStrategy } from './launch-verdict.ts';
import type { LaunchCase } from './rule.ts';
import { memoryLocking } from './strategy-mlock.ts';
import { socketSharing } from './strategy-socket.ts';

/** A plugin with a Go or Node runtime uses a few dozen threads; a fork bomb is stopped here. */
const defaultPidsLimit = 512;

/** Docker up to 20.10 takes all permitted capabilities from a process that is not root before it executes the program. */
const firstDockerThatKeepsPermitted = '23';

/** How the launch is done, or would be tried. Pure, and never more than what was asked for needs. */
export function chooseStrategy(launch: LaunchCase): LaunchStrategy {
  const { engine, wishes } = launch;
  const locking = memoryLocking(launch);
  const capabilities = [...new Set([...(wishes.capAdd ?? []).map(capabilityName), ...locking.capabilities])];
  return {
    ...socketSharing(launch),
    runtime: wishes.runtime,
    service: launch.service,
    createPath: engine.kind === 'podman' ? 'libpod' : 'docker',
    capabilities,
    noNewPrivileges: wishes.noNewPrivileges ?? !needsNewPrivileges(launch),
    ulimits: locking.ulimits,
    memoryBytes: wishes.memoryBytes,
    cpuNanos: wishes.cpuNanos,
    pidsLimit: pidsLimit(launch),
    cgroupParent: wishes.cgroupParent,
    annotations: {},
    proveGvisor: launch.runtime?.kind === 'runsc',
  };
}

/**
 * Whether a file capability of the program that is wanted would have no effect with no-new-privileges: the process must
 * not yet have it when it executes the program.
 */
export function needsNewPrivileges(launch: LaunchCase): boolean {
  const { engine, runtime, wishes } = launch;
  if (engine.kind !== 'docker' || isRoot(launch) === true || runtime?.kind === 'runsc') return false;
  if (compareVersions(engine.version, firstDockerThatKeepsPermitted) >= 0) return false;
  const forLocking = wishes.mlock === true && inFirstUserNamespace(launch) ? ['IPC_LOCK'] : [];
  const wanted = [...(wishes.capAdd ?? []).map(capabilityName), ...forLocking];
  return fileCapabilitiesOf(launch).some((name) => wanted.includes(name));
}

/** Under runsc the limit counts the sandbox's own host threads: the sandbox dies instead of the fork. */
export function pidsLimitWorks({ engine, runtime }: LaunchCase): boolean {
  return valueOf(engine.enforces.pids) === true && runtime?.kind !== 'runsc';
}

function pidsLimit(launch: LaunchCase): number | undefined {
  const { engine, wishes } = launch;
  if (wishes.pidsLimit !== undefined) return wishes.pidsLimit;
  if (pidsLimitWorks(launch)) return defaultPidsLimit;
  // Podman has a default of its own, and fails with it where version 2 has no pids controller; 0 is none.
  const failsWithDefault = engine.kind === 'podman' && engine.cgroup.version === '2';
  return failsWithDefault && valueOf(engine.enforces.pids) === false ? 0 : undefined;
}

/** `ipc_lock`, `CAP_IPC_LOCK` and `IPC_LOCK` are the same capability. */
export function capabilityName(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, '');
}
