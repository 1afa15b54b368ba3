/**
 * Highest group id that is tried; the search goes downward. It is below the 16-bit limit and above what distributions
 * assign.
 */
const highestCandidate = 64999;

/**
 * Returns the highest group id up to 64999 that neither file mentions.
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

/** Returns the group that `/etc/passwd` gives a user, if it lists the user. */
export function primaryGroupId(passwdFile: string, uid: number): number | undefined {
  const fields = passwdFile.split('\n').map((line) => line.split(':'));
  const gid = Number.parseInt(fields.find((entry) => entry[2] === String(uid))?.[3] ?? '', 10);
  return Number.isNaN(gid) ? undefined : gid;
}

function groupIds(file: string, column: number): number[] {
  return file.split('\n').map((line) => Number.parseInt(line.split(':')[column] ?? '', 10));
}
