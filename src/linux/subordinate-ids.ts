/** Ids that a user may map into user namespaces, subuid(5). */

/** What is known of a user: files of ids name users by name or by number. */
export interface IdOwner {
  readonly uid: number;
  readonly name: string | undefined;
}

/** Returns how many ids a file, `/etc/subuid` or `/etc/subgid`, gives to a user. */
export function subordinateIds(text: string, { uid, name }: IdOwner): number {
  return text.split('\n').reduce((sum, line) => {
    const [owner, start, count] = line.replace(/#.*/, '').trim().split(':');
    const isOwn = owner !== undefined && owner !== '' && (owner === name || owner === String(uid));
    if (!isOwn || !/^\d+$/.test(start ?? '') || !/^\d+$/.test(count ?? '')) return sum;
    return sum + Number(count);
  }, 0);
}

/** Returns the name that /etc/passwd has for a user id. */
export function userName(passwd: string, uid: number): string | undefined {
  const line = passwd.split('\n').find((each) => each.split(':')[2] === String(uid));
  return line?.split(':')[0];
}
