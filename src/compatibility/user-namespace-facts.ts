import type { Fact } from './fact.ts';

/** What a rootless engine of this user needs to start: a user namespace with more ids than the user's own. */
export interface UserNamespaceFacts {
  /** Most user namespaces, `user.max_user_namespaces`. */
  readonly most: Fact<number>;
  /** Whether ordinary users may make them at all; false with Debian's `kernel.unprivileged_userns_clone=0`. */
  readonly unprivileged: Fact<boolean>;
  /** Whether only programs with a profile of AppArmor may, `kernel.apparmor_restrict_unprivileged_userns` of Ubuntu. */
  readonly restricted: Fact<boolean>;
  /** Programs, as AppArmor's patterns, that a profile lets make them. Empty where nothing is restricted. */
  readonly allowedPrograms: Fact<readonly string[]>;
  /** Path of Podman, or of `rootlesskit` where there is no Podman; empty for neither. */
  readonly program: Fact<string>;
  /** What is wrong with newuidmap and newgidmap, which map further ids; empty where nothing is. */
  readonly mappers: Fact<string>;
  /** How many ids /etc/subuid and /etc/subgid give to this user. */
  readonly subordinate: Fact<{ readonly uids: number; readonly gids: number }>;
}
