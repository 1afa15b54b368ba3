/** What a Podman that ends at once says of its user namespace, and what to do. */
const endings: readonly (readonly [RegExp, string])[] = [
  [
    /new[ug]idmap[^\n]*(?:not found|no such file|executable file)/i,
    'Install newuidmap and newgidmap (Debian and Ubuntu: the package uidmap; Fedora and RHEL: shadow-utils).',
  ],
  [
    /new[ug]idmap[^\n]*(?:not permitted|not allowed|exit status|permission denied)|write to [ug]id_map failed/i,
    'newuidmap and newgidmap need the set-user-id bit or a capability (chmod u+s, as root), and /etc/subuid and /etc/subgid must give this user ids.',
  ],
  [
    /not enough ids|no sub[ug]id|(?:cannot|can't) find [ug]id\/?[ug]id for user|insufficient [ug]ids/i,
    'Give this user ids, as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER (a range that nobody else has); then run podman system migrate.',
  ],
  [
    /cannot clone|CLONE_NEWUSER|user namespaces? (?:are|is) not|re-exec process|max_user_namespaces|unprivileged_userns/i,
    'This user may make no user namespace: look at user.max_user_namespaces, kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns (sysctl). On Ubuntu 23.10 and later a Podman that is no package needs a profile of AppArmor with a rule userns.',
  ],
];

const usual = 'Run `podman info` as this user: it says what has to be mended.';

/** @param output the last lines of a Podman service that ended before it answered */
export function hintForEnding(output: string): string {
  const found = endings.find(([words]) => words.test(output));
  return found === undefined ? usual : `${found[1]} bulkhead doctor shows what this user has.`;
}
