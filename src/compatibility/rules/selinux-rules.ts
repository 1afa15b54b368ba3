import { parseContext } from '../../linux/selinux-context.ts';
import { inFirstUserNamespace } from '../case.ts';
import { isKnown, valueOf } from '../fact.ts';
import type { Finding, LaunchCase, Rule } from '../rule.ts';
import {
  canMultiplex,
  canRelabel,
  denialsOf,
  hasContainerLabel,
  isLabelled,
  labelsContainers,
  lockDenial,
  needsMultiplexing,
  selinuxMode,
  sharesOwnContext,
} from '../strategy-selinux.ts';
import { isUnlimited } from '../strategy-mlock.ts';
import { judged, met, note, notSeen, unmet } from './finding.ts';

/** Rules about SELinux. What is measured was measured with Debian 13's policy, enforcing; see `test/guests`. */
export const selinuxRules: readonly Rule[] = [
  {
    id: 'selinux-label',
    concerns: 'hosts with SELinux, but for gVisor',
    requirement: 'What SELinux allows a plugin and its host can be asked on this host.',
    source: { document: 'selinuxfs; selinux(8)' },
    applies: isLabelled,
    check: checkAskable,
  },
  {
    id: 'selinux-gvisor',
    concerns: 'gVisor on hosts with SELinux',
    requirement: 'The container is asked for without an SELinux label, which runsc refuses.',
    source: {
      document: 'gVisor: runsc/specutils, "SELinux is not supported"',
      measured: 'with label=disable Podman starts it, rootful and rootless',
    },
    applies: (launch) => labelsContainers(launch) && !isLabelled(launch) && launch.runtime?.kind === 'runsc',
    check: () =>
      note(
        'the container gets no SELinux label (label=disable), because runsc takes none: gVisor confines the plugin, and SELinux does not',
        'Nothing to do; with `runtime` runc or crun the plugin has a label.',
      ),
  },
  {
    id: 'selinux-gvisor-systemd',
    concerns: 'gVisor on rootful Docker whose cgroups systemd makes, on hosts on which SELinux enforces',
    requirement: 'SELinux lets runsc ask systemd, which makes the cgroup of its container.',
    source: {
      measured:
        'Docker 26.1.5 with the policy of Debian 13: "unable to get systemd version", and USER_AVC denied { status } of spc_t, the domain of the script by which Docker starts a runtime that has arguments',
    },
    applies: (launch) =>
      selinuxMode(launch) === 'enforcing' &&
      launch.runtime?.kind === 'runsc' &&
      launch.runtime.systemdDenial !== undefined,
    check({ runtime }) {
      const remedy =
        'Use Podman, or let Docker make cgroups itself ("exec-opts": ["native.cgroupdriver=cgroupfs"] in daemon.json, and restart it), or allow what is denied: ausearch -m user_avc -ts recent | audit2allow -M runsc; semodule -i runsc.pp.';
      if (runtime?.systemdDenial === undefined) return met;
      return judged(runtime.systemdDenial, 'whether SELinux lets runsc ask systemd', remedy, (denial) =>
        denial === '' ? met : unmet(`SELinux does not let runsc ask systemd for a cgroup: ${denial}`, remedy),
      );
    },
  },
  {
    id: 'selinux-folder',
    concerns: 'hosts on which SELinux enforces, but for gVisor',
    requirement: "The plugin's folder has the label of its container, or can be given it by the engine.",
    source: {
      document: "the engines' pages on volumes: z and Z",
      measured: 'otherwise the plugin makes no socket, and so no handshake: denied { write } on the folder',
    },
    applies: isEnforced,
    check: checkFolder,
  },
  {
    id: 'selinux-call',
    concerns: 'hosts on which SELinux enforces, but for gVisor',
    requirement: "This process may connect to the plugin's socket, and the plugin may use the connection.",
    source: {
      measured:
        "the plugin's end of a connection has the levels of the host's end; with more than the plugin's own, TLS waits for ever",
    },
    applies: isEnforced,
    check: (launch) => checkNeed('call', launch, runSomewhereElse(launch)),
  },
  {
    id: 'selinux-output',
    concerns:
      'rootless engines, and Podman services that this process or its user starts, on hosts on which SELinux enforces',
    requirement: 'The plugin may write to the pipes that the engine makes for its output.',
    source: {
      measured:
        'Podman of Debian 13, rootless, or started by root: denied { write } on fifo_file of unconfined_t; not where systemd has started it',
    },
    applies: (launch) => isEnforced(launch) && (launch.engine.rootless || launch.engine.kind === 'podman'),
    check(launch) {
      const remedy = outputRemedy(launch);
      const shared = sharesOwnContext(launch);
      if (shared === false || (shared === undefined && !launch.engine.rootless)) return met;
      const finding = checkNeed('output', launch, remedy);
      if (shared === true || finding.result !== 'unmet') return finding;
      return notSeen(
        `the SELinux context of the engine is not known; if it is that of this process: ${finding.observed}`,
        remedy,
      );
    },
  },
  {
    id: 'selinux-broker',
    concerns: 'hosts on which SELinux enforces, but for gVisor',
    requirement:
      "This process may give its sockets the label of the plugin's container, or brokered connections travel in the main one.",
    source: {
      measured:
        "connecting is judged by the label of the host's socket, which is that of the host's process: denied { connectto }",
    },
    applies: (launch) => isEnforced(launch) && needsMultiplexing(launch),
    check(launch) {
      const { wishes } = launch;
      if (wishes.brokerMultiplex === true) return met;
      const denial = denialsOf('broker', launch)?.[0] ?? '';
      const observed = `SELinux does not let this process make sockets to which the plugin may connect: ${denial}`;
      if (wishes.brokerMultiplex === undefined && canMultiplex(launch)) {
        return note(
          `${observed}; so brokered connections travel in the main one`,
          'Nothing to do; see selinux(8) for the domain of this process.',
        );
      }
      return unmet(
        observed,
        `Launch with \`brokerMultiplex\`, which plugins built with go-plugin 1.6 or later can do; or ${lowerFirst(runSomewhereElse(launch))}`,
      );
    },
  },
  {
    id: 'selinux-mlock',
    concerns:
      'mlock on hosts on which SELinux enforces, but for gVisor, with container root that is root on the host',
    requirement:
      'SELinux lets the plugin use IPC_LOCK, or the engine may lift the limit on locked memory (RLIMIT_MEMLOCK).',
    source: {
      measured:
        'Debian 13: container_t has no ipc_lock, and mlockall fails for root and with the file capability; with the limit lifted it works',
    },
    applies: (launch) => launch.wishes.mlock === true && isEnforced(launch) && inFirstUserNamespace(launch),
    check: checkLock,
  },
  {
    id: 'selinux-unlabelled',
    concerns: 'hosts on which SELinux enforces, with an engine that labels nothing',
    requirement: 'SELinux confines the containers of the engine.',
    source: { document: 'dockerd(8): --selinux-enabled; containers.conf(5): label' },
    applies: (launch) =>
      selinuxMode(launch) === 'enforcing' &&
      isKnown(launch.engine.security) &&
      !labelsContainers(launch) &&
      launch.runtime?.kind !== 'runsc',
    check: ({ engine }) =>
      note(
        'SELinux enforces on this host, and this engine gives its containers no label, so that SELinux does not confine the plugin',
        engine.kind === 'docker'
          ? 'Add "selinux-enabled": true to daemon.json and restart Docker.'
          : 'Set label = true in containers.conf, and start the Podman service again.',
      ),
  },
];

function outputRemedy({ engine, wishes }: LaunchCase): string {
  const allow =
    'or runsc, or allow what the audit log shows as denied (ausearch -m avc -ts recent | audit2allow -M plugins; semodule -i plugins.pp).';
  if (engine.rootless) return `Use a rootful engine, ${allow}`;
  return `Use the runtime of the Podman service that systemd has started, or let systemd start one for ${wishes.runtime}, as root: systemd-run podman --runtime ${wishes.runtime} system service --time 0 unix:///run/podman-${wishes.runtime}.sock, and name its socket; ${allow}`;
}

function isEnforced(launch: LaunchCase): boolean {
  return isLabelled(launch) && selinuxMode(launch) === 'enforcing';
}

function checkAskable(launch: LaunchCase): Finding {
  const { selinux, socketFolder } = launch.host;
  const remedy =
    "Run this process where it sees the machine's /sys/fs/selinux and /etc/selinux, and not in a container; or pass `override: 'unknown'`.";
  const what = `SELinux is on, and whether it lets a container use ${socketFolder.path} is not known`;
  if (selinux === undefined) return notSeen(`${what}: the facts do not say it`, remedy);
  return judged(selinux.mode, what, remedy, (mode, evidence) => {
    if (mode === 'off')
      return notSeen(`${what}: the engine says so, and this host does not (${evidence})`, remedy);
    if (mode === 'permissive') {
      return note(
        `SELinux is permissive (${evidence}): it logs what it would deny, and denies nothing`,
        'Nothing to do; what works now may be denied once SELinux enforces (setenforce 1).',
      );
    }
    return judged(selinux.denied, what, remedy, () => met);
  });
}

/** Says how a folder gets a label that lasts: the plugins' own folders are made anew for each of them. */
function labelRemedy({ host: { selinux, socketFolder } }: LaunchCase): string {
  const containers = selinux === undefined ? undefined : valueOf(selinux.containers);
  const type = parseContext(containers?.file ?? '')?.type ?? 'container_file_t';
  const { path } = socketFolder;
  return `Give ${path} the label of containers, for good: semanage fcontext -a -t ${type} '${path}(/.*)?' && restorecon -R ${path}`;
}

function checkFolder(launch: LaunchCase): Finding {
  const { socketFolder } = launch.host;
  const labelled = hasContainerLabel(launch);
  if (!labelled && !canRelabel(launch)) {
    const context = socketFolder.context === undefined ? '' : (valueOf(socketFolder.context) ?? '');
    const observed = `${socketFolder.path} has ${context === '' ? 'no SELinux label' : `the SELinux label ${context}`}, and the engine can't give folders in it another one`;
    return socketFolder.canRelabel !== undefined && valueOf(socketFolder.canRelabel) === false
      ? unmet(
          `${observed}: its file system has no labels of its own`,
          'With `socketDirectory`, choose a folder on ext4, xfs, btrfs or tmpfs that is mounted without a context option, such as one in /run.',
        )
      : unmet(
          `${observed}: Docker relabels no folder whose path has a colon`,
          `${labelRemedy(launch)}; or choose a folder without a colon with \`socketDirectory\`.`,
        );
  }
  return checkNeed('folder', launch, `${labelRemedy(launch)}, or use runsc.`);
}

function checkLock(launch: LaunchCase): Finding {
  const denial = lockDenial(launch);
  const { memlock } = launch.engine;
  if (denial === undefined || isUnlimited(launch) || valueOf(memlock)?.mayRaise === true) return met;
  const remedy =
    "Raise the limit of the engine: LimitMEMLOCK=infinity in a drop-in of the engine's unit, then restart it; or use runsc, or turn mlock off in the plugin.";
  const observed = `SELinux does not let the plugin use IPC_LOCK: ${denial}`;
  return isKnown(memlock)
    ? unmet(`${observed}; and the engine may not lift its limit (${memlock.evidence})`, remedy)
    : notSeen(
        `${observed}; and the engine's limit on locked memory is not known: ${memlock.unknown}`,
        remedy,
      );
}

function checkNeed(need: 'folder' | 'call' | 'output', launch: LaunchCase, remedy: string): Finding {
  const denials = denialsOf(need, launch) ?? []; // what can't be asked is told by selinux-label
  return denials.length === 0 ? met : unmet(`SELinux denies it: ${denials.join('; ')}`, remedy);
}

function runSomewhereElse({ host }: LaunchCase): string {
  const context = host.selinux === undefined ? undefined : valueOf(host.selinux.context);
  const type = parseContext(context ?? '')?.type ?? 'its domain';
  return `Run this process in a domain that may, such as unconfined_t (it runs as ${type}), allow what is denied (audit2allow), or use runsc.`;
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
