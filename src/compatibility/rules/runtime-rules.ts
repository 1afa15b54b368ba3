import { compareVersions } from '../../engine/internal.ts';
import { isKnown, valueOf } from '../fact.ts';
import { dockerWithAnnotations, gvisorAnnotations, handsAnnotationsOn } from '../gvisor-annotation.ts';
import { runscNetwork, wantedNetwork } from '../network-access.ts';
import type { Finding, LaunchCase, Rule } from '../rule.ts';
import { flagValue, gvisorRelease } from '../runtime-kind.ts';
import { judged, met, mustBe, note, notSeen, page, unmet } from './finding.ts';

/** Rules about the OCI runtime and how it must be set up. */
export const runtimeRules: readonly Rule[] = [
  {
    id: 'runtime-present',
    concerns: 'every launch',
    requirement: 'The engine can be asked for the runtime.',
    source: {
      document: page,
      measured: 'Docker refuses an unknown runtime when the container is created or started',
    },
    applies: ({ engine, runtime }) => engine.kind === 'docker' || runtime?.kind === 'other',
    check({ engine, wishes, runtime }) {
      if (runtime?.kind === 'other') {
        return note(
          `nothing was measured with ${wishes.runtime}; it is taken to behave as runc does`,
          'Try it with a live matrix before you rely on it.',
        );
      }
      if (runtime !== undefined) return met;
      const listed = Object.keys(engine.runtimes).join(', ');
      return unmet(
        `the engine has no runtime ${wishes.runtime}; it has ${listed === '' ? 'none' : listed}`,
        `Add ${wishes.runtime} to "runtimes" in the engine's daemon.json and reload it, or choose another runtime.`,
      );
    },
  },
  {
    id: 'runtime-virtual-machine',
    concerns: 'runtimes that run each container in a virtual machine, such as Kata Containers',
    requirement: "The runtime runs containers under the kernel of the engine's host.",
    source: { measured: 'a unix socket does not cross the border of a virtual machine' },
    applies: ({ runtime }) => runtime?.kind === 'other',
    check({ wishes, runtime }) {
      const path = runtime === undefined ? undefined : valueOf(runtime.path);
      const machine = [wishes.runtime, path ?? ''].find((text) => virtualMachine.test(text));
      if (machine === undefined) return met;
      return unmet(
        `${machine} runs each container in a virtual machine`,
        'Choose runc, crun or runsc: gVisor confines a plugin as far, and shares the sockets of the host.',
      );
    },
  },
  {
    id: 'podman-runtime',
    concerns: 'Podman',
    requirement: 'The Podman service runs its containers in the runtime asked for.',
    source: {
      measured:
        'Podman 4.3 to 5.8 ignore the runtime that their API is asked for, without an error; 6 honours it',
    },
    applies: ({ engine }) => engine.kind === 'podman',
    check({ engine, wishes, runtime, service }) {
      const { runtime: name } = wishes;
      if (service === 'own-podman') {
        return note(
          `this service runs ${engine.defaultRuntime} only: Bulkhead starts a Podman service of its own for ${name}`,
          `Nothing to do; or start one yourself: podman --runtime ${name} system service.`,
        );
      }
      if (runtime !== undefined) return met;
      return unmet(
        `this Podman service runs ${Object.keys(engine.runtimes).join(', ')} only, and Bulkhead can't start one of its own for ${name}`,
        `Install ${name} and podman on this host, or start a service for it: podman --runtime ${name} system service unix://SOCKET.`,
      );
    },
  },
  {
    id: 'runtime-installed',
    concerns: 'runtimes whose program can be looked for',
    requirement: "The runtime's program is on the engine's host.",
    source: { measured: 'engines list runtimes that are configured, also when their program is missing' },
    applies: ({ runtime }) => runtime !== undefined && isKnown(runtime.installed),
    check({ runtime, wishes }) {
      if (runtime === undefined) return met;
      return mustBe(
        runtime.installed,
        `whether the program of ${wishes.runtime} is there`,
        `the program of ${wishes.runtime} is not there`,
        `Install ${wishes.runtime} on the engine's host, or correct its path in the engine's configuration.`,
      );
    },
  },
  {
    id: 'crun-hybrid-cgroups',
    concerns: 'crun',
    requirement: 'The engine does not see an empty cgroup version 2 beside the controllers of version 1.',
    source: { measured: 'crun 1.8 to 1.28 refuse the hybrid layout: "cgroups in hybrid mode not supported"' },
    applies: ({ runtime, service }) => runtime?.kind === 'crun' && service === 'given',
    check: ({ engine }) =>
      judged(
        engine.cgroup.layout,
        "the engine's view of cgroups",
        'Nothing to do where the host has cgroup version 2 only, or version 1 only.',
        (layout, evidence) =>
          layout === 'hybrid'
            ? unmet(
                `the engine sees both versions of cgroups (${evidence})`,
                'Unmount /sys/fs/cgroup/unified for the engine, boot with systemd.unified_cgroup_hierarchy=1, or use runc.',
              )
            : met,
      ),
  },
  {
    id: 'crun-version',
    concerns: 'crun on Podman 5.8 and later',
    requirement: 'crun is 1.14.3 or later: an older one does not understand what Podman 5.8 asks of it.',
    source: {
      measured: 'crun before 1.14.3 fails every start under Podman 5.8: "unknown version specified"',
    },
    applies: ({ engine, runtime }) =>
      engine.kind === 'podman' && compareVersions(engine.version, '5.8') >= 0 && runtime?.kind === 'crun',
    check({ runtime }) {
      const version = runtime === undefined ? undefined : valueOf(runtime.version);
      if (version === undefined || compareVersions(version, '1.14.3') >= 0) return met;
      return unmet(
        `crun is ${version}`,
        'Install crun 1.14.3 or later beside this Podman, or start its service with runc: podman --runtime runc system service.',
      );
    },
  },
  {
    id: 'runsc-host-uds',
    concerns: 'gVisor',
    requirement:
      'runsc is given --host-uds=all: only then do host and sandbox see the sockets of each other.',
    source: {
      document: page,
      measured: "with less, the plugin announces a socket that the host never sees, or can't call back",
    },
    applies: isRunsc,
    check(launch) {
      if (gvisorAnnotations(launch) !== undefined) return met;
      const finding = judgedArguments(launch, '--host-uds=all', (args) => {
        const value =
          flagValue(args, 'host-uds') ?? (flagValue(args, 'fsgofer-host-uds') === 'true' ? 'all' : 'none');
        return value === 'all' ? undefined : `runsc is run with --host-uds=${value}`;
      });
      if (finding.result === 'met') return finding;
      return { ...finding, remedy: `${finding.remedy} ${needsNothing(launch)}` };
    },
  },
  {
    id: 'runsc-ignore-cgroups',
    concerns: 'gVisor on rootless engines, and where cgroup version 2 lacks controllers',
    requirement: "runsc is given --ignore-cgroups where it can't make its cgroups.",
    source: {
      document: page,
      measured:
        'the sandbox does not start without it: with cgroup version 1, and with version 2 also where controllers are delegated ("systemd error: Permission denied")',
    },
    applies: (launch) => isRunsc(launch) && (launch.engine.rootless || lacksControllers(launch)),
    check(launch) {
      return judgedArguments(launch, '--ignore-cgroups', (args) =>
        (flagValue(args, 'ignore-cgroups') ?? 'false') === 'false'
          ? 'runsc is run without --ignore-cgroups'
          : undefined,
      );
    },
  },
  {
    id: 'runsc-network',
    concerns: 'gVisor',
    requirement:
      'runsc is given --network=none or --network=host, or the kernel lets it have a network of its own.',
    source: {
      document: 'gVisor: runsc/sandbox/network.go, isRootNS',
      measured:
        'releases before August 2024 take every network namespace for that of the host on kernels 6.12 and 6.18: "cannot run with network enabled in root network namespace"; one of 2026 does not',
    },
    applies: isRunsc,
    check(launch) {
      const wanted = wantedNetwork(launch) === undefined ? '--network=none' : '--network=host';
      const finding = judgedArguments(launch, wanted, (args) => {
        const value = runscNetwork(args);
        return value === 'sandbox' ? 'runsc is run with a network stack of its own, its default' : undefined;
      });
      return finding.result === 'unmet' ? ownNetwork(launch, finding) : finding;
    },
  },
  {
    id: 'runsc-overlay',
    concerns: 'gVisor',
    requirement: 'runsc does not put an overlay over the mounts of the container.',
    source: { measured: 'with --overlay the socket stays in the sandbox' },
    applies: isRunsc,
    check: (launch) =>
      judgedArguments(launch, 'arguments without --overlay', (args) => {
        const old = flagValue(args, 'overlay') ?? 'false';
        const all = (flagValue(args, 'overlay2') ?? '').startsWith('all:');
        return old !== 'false' || all ? 'runsc is run with an overlay over all mounts' : undefined;
      }),
  },
];

/** Kata Containers, crun with libkrun, Firecracker and their like, by the name or the path of the program. */
const virtualMachine =
  /(?:^|[/.-])(?:kata|krun|runv|urunc|crun-vm|firecracker|containerd-shim-kata)(?:[.-]|$)/i;

function isRunsc({ runtime }: LaunchCase): boolean {
  return runtime?.kind === 'runsc';
}

/** Which versions need no flag, because they take it from each container. */
function needsNothing(launch: LaunchCase): string {
  const engine = handsAnnotationsOn(launch) ? '' : ` with Docker 24 or later (API ${dockerWithAnnotations})`;
  return `Releases of gVisor from July 2023 on${engine} need nothing of the kind: each container asks for it. \`bulkhead doctor -fix\` shows the change of the settings.`;
}

function lacksControllers({ engine: { cgroup, enforces } }: LaunchCase): boolean {
  return cgroup.version === '2' && (valueOf(enforces.cpu) === false || valueOf(enforces.memory) === false);
}

/** Judges the runtime's arguments. `problem` returns what is wrong with them, if anything. */
function judgedArguments(
  { engine, runtime }: LaunchCase,
  wanted: string,
  problem: (args: readonly string[]) => string | undefined,
) {
  const remedy =
    engine.kind === 'docker'
      ? `Give runsc ${wanted} in the engine's daemon.json ("runtimes": {"runsc": {"path": "/usr/bin/runsc", "runtimeArgs": [...]}}) and reload it.`
      : `Start the Podman service with ${wanted.replace(/^--/, '--runtime-flag=')}, or let Bulkhead start its own.`;
  if (runtime === undefined) return met;
  return judged(runtime.args, 'how runsc is run', remedy, (args, evidence) => {
    const wrong = problem(args);
    return wrong === undefined ? met : unmet(`${wrong} (${evidence})`, remedy);
  });
}

/** First release that tells the host's network namespace by a file that all kernels show there alone (dev_weight). */
const firstByDevWeight = 20240801;

/**
 * Judges a network stack of gVisor's own. Earlier releases take a network namespace for the host's when they see
 * /proc/sys/net/core/rmem_default there. Kernels before 6.10 show that file in the host's alone; 6.12 and 6.18 show it in
 * all. The versions between them were not measured.
 */
function ownNetwork({ host, runtime }: LaunchCase, failing: Exclude<Finding, { result: 'met' }>): Finding {
  const release = gvisorRelease(runtime);
  const [major = 0, minor = 0] = (valueOf(host.kernel) ?? '').split('.').map(Number);
  const isBefore = (other: number): boolean => major < 6 || (major === 6 && minor < other);
  if ((release ?? 0) >= firstByDevWeight || (major > 0 && isBefore(10))) return met;
  if (!isBefore(12) && release !== undefined) {
    const observed = `${failing.observed}, and release ${release} can't have one on this kernel (${major}.${minor})`;
    return unmet(observed, `${failing.remedy} Releases of gVisor from August 2024 on need no such flag.`);
  }
  return notSeen(`${failing.observed}, which fails with some builds on this kernel`, failing.remedy);
}
