import { capabilityName } from '../../linux/capabilities.ts';
import { fileCapabilitiesOf, inFirstUserNamespace, isAbsent, isRoot, pluginCapabilitiesOf } from '../case.ts';
import { isKnown, valueOf } from '../fact.ts';
import { addressSpaceLabel } from '../image-facts.ts';
import { describeProgram, pluginProgram } from '../plugin-program.ts';
import type { Finding, LaunchCase, Rule } from '../rule.ts';
import { gvisorRelease } from '../runtime-kind.ts';
import { isUnlimited, memoryLocking } from '../strategy-mlock.ts';
import { needsNewPrivileges } from '../strategy.ts';
import { met, note, notSeen, page, unmet } from './finding.ts';

/**
 * Address space that a Go program takes before its main function does anything (712 MiB, measured with Go 1.24 on
 * amd64).
 */
const goAddressSpaceBytes = 712 << 20;
/** Address space that is enough for a plugin in Go that does not take much memory itself. */
const amplyForGoBytes = 1 << 30;

/** Rules about locked memory, file capabilities and no-new-privileges, which depend on each other. */
export const privilegeRules: readonly Rule[] = [
  {
    id: 'file-capability-granted',
    concerns: 'programs with file capabilities',
    requirement:
      'The container is given every file capability of its program; else the kernel refuses to execute it.',
    source: {
      measured:
        'runc and crun: "operation not permitted" for every user, also with no-new-privileges. runsc ignores file capabilities before 20240325',
    },
    applies: (launch) => fileCapabilitiesOf(launch).length > 0,
    check: checkGranted,
  },
  {
    id: 'no-new-privileges',
    concerns: 'Docker before 23 with a plugin that is not root and needs the file capability of its program',
    requirement: 'no-new-privileges is off: it makes file capabilities inert.',
    source: {
      measured:
        'Docker 20.10: mlockall fails with it. Docker 26 and 28, and Podman, give the capability before the program is executed, and keep it',
    },
    applies: needsNewPrivileges,
    check: ({ wishes }) =>
      wishes.noNewPrivileges === true
        ? unmet(
            'noNewPrivileges is asked for, and with it the file capability of the program has no effect',
            'Leave out `noNewPrivileges`, or use Docker 23 or later.',
          )
        : note(
            'no-new-privileges has to be off for the file capability of the program',
            'Use Docker 23 or later, Podman, or gVisor to keep it on.',
          ),
  },
  {
    id: 'mlock-capability',
    concerns: 'mlock where container root is root on the host, with runc or crun',
    requirement: 'The plugin has IPC_LOCK: as root, or on Podman as any user, from the container alone.',
    source: {
      measured: 'Podman makes added capabilities ambient for users other than root; Docker up to 29 does not',
    },
    applies: (launch) =>
      locksOnHost(launch) && inFirstUserNamespace(launch) && hasCapabilityFromContainer(launch),
    check: checkCapability,
  },
  {
    id: 'mlock-program-capability',
    concerns: 'mlock with a plugin that is not root, on rootful Docker with runc or crun',
    requirement:
      'The program carries the file capability IPC_LOCK, or the engine may lift the limit on locked memory.',
    source: { document: page, measured: 'Docker 20.10 to 28.5' },
    applies: (launch) =>
      locksOnHost(launch) && inFirstUserNamespace(launch) && !hasCapabilityFromContainer(launch),
    check: checkProgramCapability,
  },
  {
    id: 'mlock-limit',
    concerns: 'mlock in a user namespace (rootless engines, userns-remap) with runc or crun',
    requirement:
      "The engine's limit on locked memory (RLIMIT_MEMLOCK) is above the plugin's whole address space.",
    source: {
      document: page,
      measured:
        'Linux 6.18: IPC_LOCK counts in the first user namespace only. With LimitMEMLOCK=infinity all cells work',
      conflict:
        "documented: IPC_LOCK on the engine's program (rootlesskit, podman). Measured: that changes nothing; the limit decides",
    },
    applies: (launch) => locksOnHost(launch) && !inFirstUserNamespace(launch),
    check: checkLimit,
  },
  {
    id: 'mlock-sandbox',
    concerns: 'mlock under gVisor',
    requirement: "The limit inside the sandbox is raised; the engine's own and IPC_LOCK do not matter.",
    source: {
      document: page,
      measured:
        'mlockall succeeds for every user with a memlock limit of the container, and locks no memory of the host',
      conflict:
        'documented: the file capability for users other than root. Measured: runsc before 2024 ignores it; the limit works with all builds',
    },
    applies: ({ wishes, runtime }) => wishes.mlock === true && runtime?.kind === 'runsc',
    check: () =>
      note(
        'under gVisor locked memory is not locked on the host: it may be swapped out',
        'Turn swap off on the host, or encrypt it, if that matters.',
      ),
  },
];

function locksOnHost({ wishes, runtime }: LaunchCase): boolean {
  return wishes.mlock === true && runtime?.kind !== 'runsc';
}

function hasCapabilityFromContainer(launch: LaunchCase): boolean {
  return launch.engine.kind === 'podman' || isRoot(launch) === true;
}

/** A wrapper that changes the user takes the capability from the plugin: gosu, su-exec, setpriv. */
function checkCapability(launch: LaunchCase): Finding {
  const plugin = pluginProgram(launch);
  const mayChangeUser = grantedTo(launch).some((name) => name === 'SETUID' || name === 'ALL');
  if (plugin.is === 'first' || !mayChangeUser || isRoot(launch) === false) return met;
  return notSeen(
    plugin.is === 'started'
      ? `${plugin.wrapper}, which starts the plugin, may change its user, who then has no IPC_LOCK`
      : `${plugin.why}, which may change the user, who then has no IPC_LOCK`,
    'Give the user with `user` and leave SETUID out of `capAdd`, or let the ENTRYPOINT of the image be the plugin itself.',
  );
}

function grantedTo(launch: LaunchCase): string[] {
  return [...(launch.wishes.capAdd ?? []).map(capabilityName), ...memoryLocking(launch).capabilities];
}

function checkGranted(launch: LaunchCase): Finding {
  const granted = grantedTo(launch);
  const missing = fileCapabilitiesOf(launch).filter((name) => !granted.includes(name));
  if (missing.length === 0 || granted.includes('ALL')) return met;
  const list = missing.join(', ');
  const plugin = pluginProgram(launch);
  const isOfPlugin = missing.every((name) => pluginCapabilitiesOf(launch)?.includes(name) === true);
  const whose = plugin.is !== 'unseen' && isOfPlugin ? describeProgram(plugin) : 'the program';
  const observed = `${whose} carries the file capability ${list}, and the container would not be given it`;
  const remedy = `Give it with \`capAdd\` (${list}), or remove it from the program: setcap -r PROGRAM, and build the image again.`;
  if (launch.runtime?.kind !== 'runsc') return unmet(observed, remedy);

  const release = gvisorRelease(launch.runtime);
  if (release === undefined)
    return notSeen(`${observed}; whether this runsc refuses is not known without its version`, remedy);
  if (release < 20240325) return met;
  if (isRoot(launch) === false) return unmet(observed, remedy);
  if (isRoot(launch) === true && release < 20250611) return met;
  return notSeen(
    `${observed}; builds from 2025 on refuse for root too; the first one that does was not measured`,
    remedy,
  );
}

function checkProgramCapability(launch: LaunchCase): Finding {
  const limit = launch.engine.memlock;
  if (isUnlimited(launch) || valueOf(limit)?.mayRaise === true) return met;
  const plugin = pluginProgram(launch);
  const remedy =
    'Set the capability on the program in the image: RUN setcap cap_ipc_lock+ep PROGRAM in its last stage (a COPY from another stage loses it), or use Podman or runsc, or run the plugin as root.';
  if (plugin.is === 'unseen' && statesWhatItLocks(launch)) return met;
  if (plugin.is === 'unseen') return notSeen(`the file capabilities are not known: ${plugin.why}`, remedy);
  if (pluginCapabilitiesOf(launch)?.includes('IPC_LOCK') === true) return checkKept(launch);
  if (!isKnown(limit)) {
    return notSeen(
      `${describeProgram(plugin)} has no file capability IPC_LOCK, and the engine's limit on locked memory is not known: ${limit.unknown}`,
      remedy,
    );
  }
  const hard = String(limit.value.hard);
  return unmet(
    `${describeProgram(plugin)} has no file capability IPC_LOCK, and the engine may not lift its limit of ${hard} bytes (${limit.evidence})`,
    remedy,
  );
}

/**
 * Whether the image says of the program that is started how much it locks, and gives it the capability: then that program
 * locks memory, whatever it executes afterwards.
 */
function statesWhatItLocks(launch: LaunchCase): boolean {
  const { image, wishes } = launch;
  if (isAbsent(image) || image.addressSpaceBytes === undefined || wishes.entrypoint !== undefined)
    return false;
  return fileCapabilitiesOf(launch).includes('IPC_LOCK');
}

/**
 * With no-new-privileges a program gains no capability that the process does not have. A runtime gives it to the first
 * program, and executing a wrapper takes it from a user who is not root.
 */
function checkKept(launch: LaunchCase): Finding {
  const plugin = pluginProgram(launch);
  const keepsNone = launch.wishes.noNewPrivileges ?? !needsNewPrivileges(launch);
  if (plugin.is !== 'started' || !keepsNone) return met;
  return notSeen(
    `${describeProgram(plugin)} has the file capability IPC_LOCK, and whether it has effect behind a wrapper with no-new-privileges is not known`,
    'Let the ENTRYPOINT of the image be the plugin itself, or launch with `noNewPrivileges: false`.',
  );
}

function checkLimit(launch: LaunchCase): Finding {
  const { memlock, rootless } = launch.engine;
  const remedy = rootless
    ? "Raise the limit of the engine: LimitMEMLOCK=infinity in a drop-in of user@UID.service and of the engine's own unit, then restart both; or use runsc, or turn mlock off in the plugin."
    : 'Raise the limit of the engine: LimitMEMLOCK=infinity in drop-ins of docker.service and containerd.service, then restart both; or use runsc, or turn mlock off in the plugin.';
  if (!isKnown(memlock))
    return notSeen(`the engine's limit on locked memory is not known: ${memlock.unknown}`, remedy);
  const { hard } = memlock.value;
  if (hard === 'unlimited') return met;
  const least = leastAddressSpace(launch);
  const observed = `the engine's hard limit on locked memory is ${hard} bytes (${memlock.evidence})`;
  if (least === undefined) {
    return notSeen(`${observed}; how much address space the program takes is not known`, remedy);
  }
  if (hard < least.bytes) {
    return unmet(`${observed}; ${least.whose} takes ${least.bytes} bytes of address space at once`, remedy);
  }
  const finite = `${observed}: a plugin that grows beyond it fails when it takes more memory`;
  return hard < least.ample ? notSeen(finite, remedy) : note(finite, remedy);
}

interface AddressSpace {
  readonly whose: string;
  readonly bytes: number;
  /** Limit with which the program is expected to work. */
  readonly ample: number;
}

/**
 * Returns the least address space. What an image says about itself can only refuse a launch: it does not prove that the
 * program needs no more.
 */
function leastAddressSpace(launch: LaunchCase): AddressSpace | undefined {
  const { image, wishes } = launch;
  const plugin = pluginProgram(launch);
  if (plugin.is !== 'unseen' && plugin.program.go !== undefined)
    return { whose: 'a program in Go', bytes: goAddressSpaceBytes, ample: amplyForGoBytes };
  if (isAbsent(image) || image.addressSpaceBytes === undefined || wishes.entrypoint !== undefined)
    return undefined;
  const whose = `the program, as label ${addressSpaceLabel} of the image says,`;
  return { whose, bytes: image.addressSpaceBytes, ample: Infinity };
}
