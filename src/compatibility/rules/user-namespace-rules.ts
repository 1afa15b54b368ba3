import { matchesPattern } from '../../linux/apparmor-profiles.ts';
import { isRoot } from '../case.ts';
import { valueOf } from '../fact.ts';
import type { Finding, LaunchCase, Rule } from '../rule.ts';
import type { UserNamespaceFacts } from '../user-namespace-facts.ts';
import { judged, met, note, unmet } from './finding.ts';

/** As many ids as distributions give to a user, and as rootless Docker asks for. */
const usualIds = 65_536;

/**
 * Rules about the user namespace of a rootless engine. An engine that answers has one, so that these only tell what keeps it
 * from starting again; they refuse a launch for which a Podman service would have to be started first.
 */
export const userNamespaceRules: readonly Rule[] = [
  {
    id: 'userns-allowed',
    concerns: 'rootless engines of this user',
    requirement: 'The kernel lets ordinary users make user namespaces.',
    source: {
      document:
        'user_namespaces(7), namespaces(7): max_user_namespaces; Debian: kernel.unprivileged_userns_clone',
    },
    applies: isOwnRootless,
    check: (launch) =>
      withFacts(launch, ({ most, unprivileged }) => {
        const none = judged(
          most,
          'how many user namespaces there may be',
          sysctl('user.max_user_namespaces', 28_633),
          (value, evidence) =>
            value > 0
              ? met
              : unmet(
                  `there may be no user namespaces (${evidence}: ${value})`,
                  sysctl('user.max_user_namespaces', 28_633),
                ),
        );
        if (none.result === 'unmet') return none;
        return judged(
          unprivileged,
          'whether ordinary users may make user namespaces',
          '',
          (allowed, evidence) =>
            allowed
              ? none
              : unmet(
                  `ordinary users may make no user namespaces (${evidence})`,
                  sysctl('kernel.unprivileged_userns_clone', 1),
                ),
        );
      }),
  },
  {
    id: 'userns-apparmor',
    concerns: 'rootless engines of this user, on Ubuntu 23.10 and later',
    requirement: 'A profile of AppArmor lets the program of the engine make user namespaces.',
    source: {
      document:
        "Ubuntu's release notes of 24.04: kernel.apparmor_restrict_unprivileged_userns; Docker: rootless mode",
    },
    applies: (launch) =>
      isOwnRootless(launch) && valueOf(launch.host.userNamespaces?.restricted ?? off) === true,
    check: (launch) =>
      withFacts(launch, ({ program, allowedPrograms, restricted }) =>
        judged(program, 'which program makes the user namespace', '', (path) => {
          const patterns = valueOf(allowedPrograms) ?? [];
          if (path === '' || patterns.some((pattern) => matchesPattern(path, pattern))) return met;
          const evidence = 'evidence' in restricted ? restricted.evidence : '';
          const name = path.slice(path.lastIndexOf('/') + 1);
          return unmet(
            `AppArmor takes the privileges in its user namespace away from ${path} (${evidence}), for which no profile allows them`,
            `Install ${name} as a package, whose profile allows it; or write /etc/apparmor.d/${name}.local with: profile ${name}.local ${path} flags=(unconfined) { userns, }, and load it: apparmor_parser -r /etc/apparmor.d/${name}.local.`,
          );
        }),
      ),
  },
  {
    id: 'userns-mappers',
    concerns: 'rootless engines of this user',
    requirement: 'newuidmap and newgidmap are there, and may map ids.',
    source: { document: 'newuidmap(1); Docker: rootless mode, prerequisites; Podman: rootless tutorial' },
    applies: isOwnRootless,
    check: (launch) =>
      withFacts(
        launch,
        ({ mappers, subordinate }) => {
          if (valueOf(subordinate)?.uids === 0) return met; // then there is nothing to map
          const remedy =
            'Install the package that brings them (Debian and Ubuntu: uidmap; Fedora and RHEL: shadow-utils); where a copy of the system lost their privileges: chmod u+s on both, as root.';
          return judged(mappers, 'whether newuidmap and newgidmap may map ids', remedy, (problem) =>
            problem === '' ? met : unmet(problem, remedy),
          );
        },
        { isProved: hasMappedIds(launch) },
      ),
  },
  {
    id: 'subordinate-ids',
    concerns: 'rootless engines of this user',
    requirement: `This user has ${usualIds} subordinate ids, of users and of groups.`,
    source: { document: 'subuid(5), subgid(5); Docker: rootless mode, prerequisites' },
    applies: isOwnRootless,
    check: (launch) =>
      withFacts(
        launch,
        ({ subordinate }) => {
          const uid = valueOf(launch.host.uid) ?? 0;
          const remedy = `Give this user ids, as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "$(id -un ${uid})" (choose a range that nobody else has), and then run podman system migrate, or start the rootless engine again.`;
          return judged(
            subordinate,
            'how many subordinate ids this user has',
            remedy,
            ({ uids, gids }, evidence) => {
              const observed = `this user has ${uids} subordinate user ids and ${gids} group ids (${evidence})`;
              if (Math.min(uids, gids) >= usualIds) return met;
              if (Math.min(uids, gids) > 0) {
                return note(
                  `${observed}: a container whose user or files have a higher id does not start`,
                  remedy,
                );
              }
              if (isRoot(launch) === true) {
                return note(
                  `${observed}: Podman then maps this user alone, as root of the container`,
                  remedy,
                );
              }
              return unmet(observed, remedy);
            },
          );
        },
        { isProved: hasMappedIds(launch) },
      ),
  },
];

const off = { value: false, evidence: '' };

/** Whether the engine is, or would be, a rootless one of this very user. Root starts no rootless engine of its own. */
function isOwnRootless({ engine, host }: LaunchCase): boolean {
  const uid = valueOf(host.uid);
  return (
    engine.rootless && host.userNamespaces !== undefined && uid !== 0 && valueOf(engine.owner)?.uid === uid
  );
}

/** What keeps an engine from starting refuses nothing as long as the engine runs: it is only told. */
function withFacts(
  launch: LaunchCase,
  check: (facts: UserNamespaceFacts) => Finding,
  { isProved = false }: { readonly isProved?: boolean } = {},
): Finding {
  const { userNamespaces } = launch.host;
  if (userNamespaces === undefined) return met;
  const finding = check(userNamespaces);
  if (finding.result === 'met' || (launch.service === 'own-podman' && !isProved)) return finding;
  if (finding.result === 'unknown') return met; // the engine answers, so that it could
  return note(`${finding.observed}; the engine that answers has a user namespace already`, finding.remedy);
}

/** Whether an engine of this user answers whose user namespace has further ids: another one gets the same. */
function hasMappedIds({ engine }: LaunchCase): boolean {
  const { uids = [], gids = [] } = valueOf(engine.idMaps) ?? {};
  return uids.length > 1 && gids.length > 1;
}

function sysctl(name: string, value: number): string {
  return `As root: sysctl -w ${name}=${value}, and for good: echo ${name}=${value} > /etc/sysctl.d/90-userns.conf; or use a rootful engine.`;
}
