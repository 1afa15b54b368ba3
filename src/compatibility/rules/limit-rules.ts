import { compareVersions } from '../../engine/internal.ts';
import { ignoresCgroups } from '../case.ts';
import { isKnown, valueOf, type Fact } from '../fact.ts';
import type { Finding, LaunchCase, Rule } from '../rule.ts';
import { met, note, notSeen, page, unmet } from './finding.ts';

/**
 * Least memory limit in bytes (Docker: daemon/daemon_unix.go, linuxMinMemory). Podman's runtimes fail to start with
 * less.
 */
const leastMemoryBytes = 6 << 20;

/** Rules about limits, so that a limit that is set really limits. */
export const limitRules: readonly Rule[] = [
  {
    id: 'limits-enforced',
    concerns: 'launches with a limit on memory, CPU or processes',
    requirement: 'The limits asked for are really enforced here.',
    source: {
      document: page,
      measured:
        'rootless engines on cgroup version 1 take every limit, show it as if in force and enforce none; on version 2 with delegation they enforce all',
    },
    applies: ({ wishes }) =>
      [wishes.memoryBytes, wishes.cpuNanos, wishes.pidsLimit].some((limit) => typeof limit === 'number'),
    check: checkEnforced,
  },
  {
    id: 'swap-counted',
    concerns: 'launches with a limit on memory',
    requirement: 'The kernel counts swap, so that the limit on memory is one on both.',
    source: { document: 'Docker: GET /info, SwapLimit' },
    applies: ({ wishes, engine }) =>
      typeof wishes.memoryBytes === 'number' && valueOf(engine.enforces.memory) === true,
    check: ({ engine: { enforces } }) =>
      enforces.swap !== undefined && valueOf(enforces.swap) === false
        ? note(
            'this kernel does not count swap: a plugin may use swap beyond its limit on memory',
            'Boot with swapaccount=1 or cgroup version 2, or turn swap off, if that matters.',
          )
        : met,
  },
  {
    id: 'limits-in-range',
    concerns: 'launches with a limit on memory or CPU',
    requirement: 'The memory is at least 6 MiB, and there are no more CPUs than the host has.',
    source: { measured: 'Docker refuses the container; Podman creates it and fails at the start' },
    applies: ({ wishes }) => typeof wishes.memoryBytes === 'number' || wishes.cpuNanos !== undefined,
    check({ wishes, engine }) {
      const { memoryBytes, cpuNanos } = wishes;
      const cpus = valueOf(engine.cpus);
      if (typeof memoryBytes === 'number' && memoryBytes < leastMemoryBytes) {
        return unmet(
          `memoryBytes is ${memoryBytes}`,
          `Give at least ${leastMemoryBytes}; a plugin in Go needs more.`,
        );
      }
      if (cpuNanos !== undefined && cpus !== undefined && cpuNanos > cpus * 1e9) {
        return unmet(`cpuNanos is ${cpuNanos}; the host has ${cpus} CPUs`, `Give at most ${cpus * 1e9}.`);
      }
      return met;
    },
  },
  {
    id: 'pids-limit-gvisor',
    concerns: 'gVisor with a limit on processes',
    requirement: 'No limit on processes is asked for under gVisor.',
    source: {
      measured: "the limit counts the sandbox's own threads on the host: the sandbox dies, not the fork",
    },
    applies: ({ wishes, runtime }) => typeof wishes.pidsLimit === 'number' && runtime?.kind === 'runsc',
    check: () =>
      unmet(
        'pidsLimit under runsc counts the sandbox itself and kills it',
        'Leave out `pidsLimit` under runsc.',
      ),
  },
  {
    id: 'ulimit-unlimited',
    concerns: 'Podman before 5.8 with a ulimit of -1',
    requirement: 'Every ulimit is a number.',
    source: { measured: 'Podman before 5.8 takes no -1 over its API' },
    applies: ({ wishes, engine }) =>
      engine.kind === 'podman' && (wishes.ulimits ?? []).some(({ soft, hard }) => soft === -1 || hard === -1),
    check: ({ wishes, engine }) => {
      if (compareVersions(engine.version, '5.8') >= 0) return met;
      const names = (wishes.ulimits ?? []).filter(({ soft, hard }) => soft === -1 || hard === -1);
      return unmet(
        `Podman ${engine.version} takes no -1 for ${names.map(({ name }) => name).join(', ')}`,
        'Give a large number in place of -1.',
      );
    },
  },
  {
    id: 'cgroup-parent',
    concerns: 'launches with a cgroup parent',
    requirement:
      "The parent has the form of the engine's cgroup driver, and the engine may make cgroups below it.",
    source: {
      measured:
        'systemd wants the name of a slice; Podman with cgroupfs refuses one; rootless on version 1 fails',
    },
    applies: ({ wishes }) => (wishes.cgroupParent ?? '') !== '',
    check: checkCgroupParent,
  },
];

function checkEnforced(launch: LaunchCase): Finding {
  const { wishes, engine } = launch;
  const asked: readonly (readonly [string, number | 'unlimited' | undefined, Fact<boolean>])[] = [
    ['memoryBytes', wishes.memoryBytes, engine.enforces.memory],
    ['cpuNanos', wishes.cpuNanos, engine.enforces.cpu],
    ['pidsLimit', wishes.pidsLimit, engine.enforces.pids],
  ];
  const wanted = asked.filter(([, value]) => typeof value === 'number');
  const names = wanted.map(([name]) => name).join(', ');
  if (ignoresCgroups(launch)) {
    const others = engine.rootless
      ? 'choose crun, runc or a rootful engine: rootless runsc can make no cgroups'
      : 'use crun or runc, or run runsc without --ignore-cgroups';
    return unmet(
      `runsc with --ignore-cgroups does not enforce ${names}`,
      `Leave out ${names}, or ${others}.`,
    );
  }
  const remedy = `Leave out ${names}, or ${wayToLimits(launch)}.`;

  const refused = wanted.flatMap(([name, , fact]) => (isKnown(fact) && !fact.value ? [{ name, fact }] : []));
  const [first] = refused;
  if (first !== undefined) {
    const not = refused.map(({ name }) => name).join(', ');
    return unmet(
      `this engine would take ${not} and not enforce ${refused.length === 1 ? 'it' : 'them'} (${first.fact.evidence})`,
      remedy,
    );
  }
  const unseen = wanted.filter(([, , fact]) => valueOf(fact) === undefined).map(([name]) => name);
  return unseen.length === 0
    ? met
    : notSeen(`whether ${unseen.join(', ')} would be enforced is not known`, remedy);
}

/** How limits come to be enforced. Systemd hands only the controllers on to a user that its settings name. */
function wayToLimits({ engine: { rootless, cgroup, enforces } }: LaunchCase): string {
  const missing = (['memory', 'cpu', 'pids'] as const).filter((name) => valueOf(enforces[name]) === false);
  if (!rootless || cgroup.version === '1' || missing.length === 0)
    return 'use a rootful engine or one with cgroup version 2 and delegated controllers';
  return `have ${missing.join(', ')} delegated: as root, write "Delegate=cpu cpuset io memory pids" below [Service] into /etc/systemd/system/user@.service.d/delegate.conf, run systemctl daemon-reload, and log in anew; or use a rootful engine`;
}

function checkCgroupParent({ wishes, engine }: LaunchCase): Finding {
  const parent = wishes.cgroupParent ?? '';
  const { version, driver } = engine.cgroup;
  const isSlice = parent.endsWith('.slice');
  if (driver === 'none' || (engine.rootless && version === '1')) {
    return unmet(
      "this rootless engine can't make cgroups",
      'Leave out `cgroupParent`, or use a rootful engine.',
    );
  }
  if (driver === 'systemd' && !isSlice) {
    return unmet(
      `${parent} is not the name of a slice, and the engine's cgroup driver is systemd`,
      'Give the name of a slice, such as plugins.slice.',
    );
  }
  if (driver === 'cgroupfs' && isSlice && engine.kind === 'podman') {
    return unmet(
      `${parent} is the name of a slice, and Podman's cgroup manager is cgroupfs`,
      'Give the path of a cgroup, such as /plugins.',
    );
  }
  return met;
}
