import { capabilityName } from '../linux/capabilities.ts';
import { compareVersions } from '../engine/internal.ts';
import { passedSettings } from '../settings/setting-list.ts';
import { fileCapabilitiesOf, ignoresCgroups, inFirstUserNamespace, isRoot } from './case.ts';
import { valueOf } from './fact.ts';
import { gvisorAnnotations } from './gvisor-annotation.ts';
import type { LaunchStrategy } from './launch-verdict.ts';
import type { LaunchCase } from './rule.ts';
import { memoryLocking } from './strategy-mlock.ts';
import { canMultiplex, needsMultiplexing, selinuxPlan } from './strategy-selinux.ts';
import { socketSharing, type SocketSharing } from './strategy-socket.ts';
import { volumeFileSystems } from './strategy-volumes.ts';
import { blankVariables, replacedStopSignal, replacedWorkingDirectory } from './image-settings.ts';

/**
 * Default limit on processes. A plugin with a Go or Node runtime uses a few dozen threads; a fork bomb is stopped here.
 */
const defaultPidsLimit = 512;

/**
 * Default memory limit. It is ample for a plugin in Go or Node; one that grows without end takes no more of the host.
 */
const defaultMemoryBytes = 1 << 30;

/**
 * First Docker that keeps the permitted capabilities of a process that is not root. Docker up to 20.10 takes them all
 * away before it executes the program.
 */
const firstDockerThatKeepsPermitted = '23';

/** Decides how the launch is done, or would be tried. Pure, and never grants more than the options need. */
export function chooseStrategy(launch: LaunchCase): LaunchStrategy {
  const { wishes } = launch;
  const locking = memoryLocking(launch);
  const volumes = volumeFileSystems(launch);
  const blank = blankVariables(launch);
  const annotations = gvisorAnnotations(launch);
  const stopSignal = replacedStopSignal(launch);
  const workingDirectory = replacedWorkingDirectory(launch);
  const selinux = selinuxPlan(launch);
  const multiplexes =
    wishes.brokerMultiplex === undefined && needsMultiplexing(launch) && canMultiplex(launch);
  const capabilities = [...new Set([...(wishes.capAdd ?? []).map(capabilityName), ...locking.capabilities])];
  return {
    ...passedSettings(wishes),
    ...(workingDirectory !== undefined && { workingDirectory }),
    ...asNumbers(launch, socketSharing(launch)),
    runtime: wishes.runtime,
    service: launch.service,
    capabilities,
    noNewPrivileges: wishes.noNewPrivileges ?? !needsNewPrivileges(launch),
    ...(selinux !== undefined && { selinux }),
    ...(multiplexes && { brokerMultiplex: true as const }),
    ...(sharesCgroupNamespace(launch) && { sharesCgroupNamespace: true }),
    ...(annotations !== undefined && { annotations }),
    ulimits: locking.ulimits,
    memoryBytes: memoryLimit(launch),
    pidsLimit: pidsLimit(launch),
    ...(volumes.length > 0 && { volumes }),
    ...(blank.length > 0 && { blankVariables: blank }),
    ...(stopSignal !== undefined && { stopSignal }),
    proveGvisor: launch.runtime?.kind === 'runsc',
  };
}

/**
 * Whether no-new-privileges would make a wanted file capability of the program ineffective: the process must not have
 * that capability yet when it executes the program.
 */
export function needsNewPrivileges(launch: LaunchCase): boolean {
  const { engine, runtime, wishes } = launch;
  if (engine.kind !== 'docker' || isRoot(launch) === true || runtime?.kind === 'runsc') return false;
  if (compareVersions(engine.version, firstDockerThatKeepsPermitted) >= 0) return false;
  const forLocking = wishes.mlock === true && inFirstUserNamespace(launch) ? ['IPC_LOCK'] : [];
  const wanted = [...(wishes.capAdd ?? []).map(capabilityName), ...forLocking];
  return fileCapabilitiesOf(launch).some((name) => wanted.includes(name));
}

/**
 * Whether the container shares the cgroup namespace of the host: Docker's API can't ask for one of its own before 1.41.
 */
function sharesCgroupNamespace({ engine }: LaunchCase): boolean {
  return engine.kind === 'docker' && compareVersions(engine.apiVersion, '1.41') < 0;
}

/**
 * Whether the limit on processes works. Under runsc it counts the sandbox's own host threads, so the sandbox dies
 * instead of the fork failing.
 */
export function pidsLimitWorks({ engine, runtime }: LaunchCase): boolean {
  return valueOf(engine.enforces.pids) === true && runtime?.kind !== 'runsc';
}

/**
 * Gives the engine a user that must not be root as the numbers that were judged: an engine reads names, and numbers
 * such as `+0`, in ways of its own. Root stays as it is, and is refused.
 */
function asNumbers(launch: LaunchCase, sharing: SocketSharing): SocketSharing {
  const user = valueOf(launch.user);
  if (launch.wishes.requireNonRoot !== true || user === undefined) return sharing;
  // Sharing the socket may have changed the primary group already.
  const isNumbers = sharing.user !== undefined && /^[1-9]\d*:\d+$/.test(sharing.user);
  return isNumbers ? sharing : { ...sharing, user: `${user.uid}:${user.gid}` };
}

function memoryLimit(launch: LaunchCase): number | undefined {
  const { engine, wishes } = launch;
  if (wishes.memoryBytes === 'unlimited') return undefined;
  const isEnforced = valueOf(engine.enforces.memory) === true && !ignoresCgroups(launch);
  return wishes.memoryBytes ?? (isEnforced ? defaultMemoryBytes : undefined);
}

function pidsLimit(launch: LaunchCase): number | undefined {
  const { engine, wishes } = launch;
  if (typeof wishes.pidsLimit === 'number') return wishes.pidsLimit;
  if (wishes.pidsLimit === 'unlimited') return engine.kind === 'podman' ? 0 : undefined; // else Podman sets its own
  if (pidsLimitWorks(launch)) return defaultPidsLimit;
  // Podman has a default of its own, and fails with it where version 2 has no pids controller; 0 is none.
  const failsWithDefault = engine.kind === 'podman' && engine.cgroup.version === '2';
  return failsWithDefault && valueOf(engine.enforces.pids) === false ? 0 : undefined;
}
