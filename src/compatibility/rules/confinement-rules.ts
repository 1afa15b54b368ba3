import { isRoot } from '../case.ts';
import { isKnown, valueOf } from '../fact.ts';
import type { Finding, LaunchCase, Rule } from '../rule.ts';
import { needsNewPrivileges } from '../strategy.ts';
import { judged, met, notSeen, unmet } from './finding.ts';

/** Rules about what confines a plugin whatever it does. Only an explicit option lifts them. */
export const confinementRules: readonly Rule[] = [
  {
    id: 'seccomp-profile',
    concerns: 'every launch, unless seccomp is "unconfined"',
    requirement: 'The engine confines containers by a seccomp profile when they ask for none.',
    source: {
      document: 'Docker and Podman: seccomp-profile of daemon.json, seccomp_profile of containers.conf',
      measured: 'a daemon that is told "unconfined" says so in its information, and in no container',
    },
    applies: ({ wishes }) => wishes.seccomp === undefined,
    check: ({ engine }) =>
      judged(
        engine.security,
        'whether the engine has a default seccomp profile',
        seccompRemedy,
        (names, evidence) =>
          names.includes('seccomp')
            ? met
            : unmet(`the engine leaves containers without a seccomp profile (${evidence})`, seccompRemedy),
      ),
  },
  {
    id: 'own-network-namespace',
    concerns: 'launches with a network',
    requirement: 'The plugin does not get the network namespace of the host or of another container.',
    source: { document: 'Kubernetes: Pod Security Standards, baseline' },
    applies: ({ wishes }) => /^(host|container:.*|ns:.*)$/.test(wishes.network ?? ''),
    check: ({ wishes }) =>
      unmet(
        `network is ${wishes.network ?? ''}`,
        'Leave out `network` for none, or name a network of the engine, such as bridge.',
      ),
  },
  {
    id: 'non-root',
    concerns: 'launches with requireNonRoot',
    requirement: "The plugin is not root in its container, and can't become it.",
    source: { document: 'Kubernetes: Pod Security Standards, restricted' },
    applies: ({ wishes }) => wishes.requireNonRoot === true,
    check: checkNonRoot,
  },
];

const seccompRemedy =
  'Take "seccomp-profile": "unconfined" out of daemon.json (Podman: seccomp_profile out of containers.conf) and restart the engine, or launch with `seccomp: \'unconfined\'`.';

/** The largest id that the kernel does not take for "no change". */
const largestId = 2 ** 32 - 2;

/**
 * Checks that the plugin is not root. A user namespace makes no difference: root in one is nobody on the host, but
 * still has its capabilities in the container.
 */
function checkNonRoot(launch: LaunchCase): Finding {
  const remedy =
    'Set USER in the image, or give the user as numbers that are not 0, such as 65532:65532, or leave out `requireNonRoot`.';
  if (!isKnown(launch.user))
    return notSeen(`who the plugin runs as is not known: ${launch.user.unknown}`, remedy);
  const { evidence } = launch.user;
  const uid = valueOf(launch.user)?.uid ?? 0;
  if (isRoot(launch) !== false)
    return unmet(`the plugin would be root in its container (${evidence})`, remedy);
  if (uid > largestId) return unmet(`${uid} is not a user id (${evidence})`, remedy);
  if (launch.wishes.noNewPrivileges === false || needsNewPrivileges(launch)) {
    return unmet(
      'no-new-privileges is off, so that a set-user-id program of the image could become root',
      'Leave out `noNewPrivileges`, and use Docker 23 or later, Podman, or gVisor for a program with file capabilities.',
    );
  }
  return met;
}
