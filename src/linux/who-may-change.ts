/**
 * Tells who could put something else at a path. The owner of a folder on the way, and whoever may write to it, decides
 * what is found there: a program, a catalog, a file that is kept for later.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Stats } from 'node:fs';
import { walkPath, type Walk } from './walk-path.ts';

/** A place on the way to a path that somebody else may change. */
export interface ForeignPlace {
  readonly path: string;
  /** Who may change it: the owner, or `group` and `everybody` for all who may write. */
  readonly by:
    | { readonly kind: 'owner'; readonly uid: number }
    | { readonly kind: 'group'; readonly gid: number }
    | { readonly kind: 'everybody' };
}

export interface PathTrust extends Walk {
  /** The first place that somebody else may change; `undefined` when there is none. */
  readonly foreign: ForeignPlace | undefined;
}

/**
 * Follows a path from the root on, through all links. A folder in which everybody may write, but in which only the
 * owner of a file may replace it (the sticky bit, as `/tmp` has it), is no danger on the way: there the owner of the
 * next part counts.
 *
 * @param trusted users, besides root and the user of this process, who may change it
 * @throws the system's error, except for a path that does not exist
 */
export async function whoMayChange(path: string, trusted: readonly number[] = []): Promise<PathTrust> {
  const users = new Set([0, process.geteuid?.() ?? 0, ...trusted]);
  let foreign: ForeignPlace | undefined;
  const walk = await walkPath(resolve(path), {
    async onPlace({ path: place, found, isLast }) {
      foreign ??= await foreignPlace(place, found, users, isLast);
    },
  });
  return { ...walk, foreign };
}

/** Describes the place in words. */
export function describeForeign({ path, by }: ForeignPlace): string {
  switch (by.kind) {
    case 'owner':
      return `${path} belongs to user ${by.uid}`;
    case 'group':
      return `${path} is writable by group ${by.gid}`;
    case 'everybody':
      return `${path} is writable by everybody`;
  }
}

/** @param isLast whether it is what the path leads to, and not a folder on the way */
async function foreignPlace(
  path: string,
  found: Pick<Stats, 'uid' | 'gid' | 'mode' | 'isSymbolicLink' | 'isDirectory'>,
  users: ReadonlySet<number>,
  isLast: boolean,
): Promise<ForeignPlace | undefined> {
  const { uid, gid, mode } = found;
  if (!users.has(uid)) return { path, by: { kind: 'owner', uid } };
  if (found.isSymbolicLink()) return undefined; // the mode of a link means nothing
  if (!isLast && found.isDirectory() && (mode & 0o1000) !== 0) return undefined;
  if ((mode & 0o002) !== 0) return { path, by: { kind: 'everybody' } };
  if ((mode & 0o020) !== 0 && !(await isGroupOf(gid, users))) return { path, by: { kind: 'group', gid } };
  return undefined;
}

/**
 * Whether all members of a group are among the users. Many systems give every user a group of its own, and let that
 * group write to what the user makes.
 */
async function isGroupOf(gid: number, users: ReadonlySet<number>): Promise<boolean> {
  const [group, passwd] = await Promise.all(['/etc/group', '/etc/passwd'].map(readTable));
  const entry = group?.find((fields) => Number(fields[2]) === gid);
  if (entry === undefined || passwd === undefined) return false; // the members of the group are kept elsewhere
  const names = (entry[3] ?? '').split(',').filter((name) => name !== '');
  const named = names.map((name) => passwd.find((fields) => fields[0] === name));
  const primary = passwd.filter((fields) => Number(fields[3]) === gid);
  const members = [...named, ...primary].map((fields) => Number(fields?.[2]));
  return members.length > 0 && members.every((uid) => users.has(uid));
}

async function readTable(file: string): Promise<string[][]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').map((line) => line.split(':'));
}
