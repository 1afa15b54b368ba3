/** What was observed about this host and its engine, as far as a launch depends on it. */

/** The process that will talk to the plugin: this one. */
export interface HostFacts {
  readonly uid: number;
  readonly gid: number;
  /** In Docker's words: `amd64`, `arm64`. */
  readonly architecture: string;
  /** A group id that no user and no group of this host has (see {@link unusedGroupId}). */
  readonly unusedGid: number;
  /** Whether the `setfacl` command is there: the only way to set a default ACL from Node. */
  readonly setfacl: boolean;
}

export interface EngineFacts {
  readonly kind: 'docker' | 'podman';
  readonly version: string;
  readonly rootless: boolean;
  /** Who runs the engine. Rootless: the user that container id 0 is on the host. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Names of the runtimes that a container of this engine can be given. */
  readonly runtimes: readonly string[];
  /** Limits that the engine really enforces here; on rootless engines with cgroup v1, none. */
  readonly enforces: { readonly memory: boolean; readonly cpu: boolean; readonly pids: boolean };
}

export interface ImageFacts {
  /** As the image says it: empty for root, a name, or numbers such as `65532:65532`. */
  readonly user: string;
  /** In Docker's words: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly os: string;
}

/** Group ids are searched downward from here: below the 16-bit limit, above what distributions hand out. */
const highestCandidate = 64999;

/**
 * The highest group id up to 64999 that neither file mentions.
 *
 * @param groupFile text of `/etc/group`
 * @param passwdFile text of `/etc/passwd`
 */
export function unusedGroupId(groupFile: string, passwdFile: string): number {
  const used = new Set([...groupIds(groupFile, 2), ...groupIds(passwdFile, 3)]);
  let candidate = highestCandidate;
  while (used.has(candidate)) candidate -= 1;
  return candidate;
}

/** The group that `/etc/passwd` gives a user, if it knows the user. */
export function primaryGroupId(passwdFile: string, uid: number): number | undefined {
  const fields = passwdFile.split('\n').map((line) => line.split(':'));
  const gid = Number.parseInt(fields.find((entry) => entry[2] === String(uid))?.[3] ?? '', 10);
  return Number.isNaN(gid) ? undefined : gid;
}

function groupIds(file: string, column: number): number[] {
  return file.split('\n').map((line) => Number.parseInt(line.split(':')[column] ?? '', 10));
}
