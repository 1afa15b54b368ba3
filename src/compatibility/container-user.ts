import { isKnown, known, unknown, type Fact } from './fact.ts';
import type { ImageAccounts } from './image-facts.ts';
import type { ContainerUser } from './rule.ts';

/**
 * Resolves `user` in a container of the image. It is empty for root, `name` or `uid`, each with `:group` or without. It
 * is resolved as engines do it: names are looked up in the image's own `/etc/passwd` and `/etc/group`; a uid that is
 * not there has group 0.
 */
export function resolveUser(user: string, accounts: Fact<ImageAccounts>): Fact<ContainerUser> {
  const [name = '', group] = user.split(':');
  if (name === '' && group === undefined) return known({ uid: 0, gid: 0 }, 'the image names no user');
  const given = { uid: number(name === '' ? '0' : name), gid: number(group) };
  if (given.uid !== undefined && given.gid !== undefined) {
    return known({ uid: given.uid, gid: given.gid }, `user ${user}`);
  }
  if (!isKnown(accounts)) return unknown(`who ${user} is: ${accounts.unknown}`);

  const { users, groups } = accounts.value;
  const account = users.find((entry) => entry.name === name || entry.uid === given.uid);
  const uid = given.uid ?? account?.uid;
  const gid =
    group === undefined
      ? (account?.gid ?? 0)
      : (given.gid ?? groups.find((entry) => entry.name === group)?.gid);
  if (uid === undefined) return unknown(`the image's /etc/passwd has no user ${name}`);
  if (gid === undefined) return unknown(`the image's /etc/group has no group ${String(group)}`);
  return known({ uid, gid }, `user ${user}, ${accounts.evidence}`);
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
