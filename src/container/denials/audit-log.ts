/** What SELinux denied to one container, read from the log of auditd. Only root may read it. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const usualLog = '/var/log/audit/audit.log';
/** As much of the end of the log is read. A record has some 300 bytes. */
const readBytes = 256 * 1024;
/** Most denials that are told; a plugin can cause any number of them. */
const mostTold = 5;

/** Whose denials are wanted. */
export interface Confined {
  /** The label of the container. Its categories are its own. */
  readonly label: string;
  /** Records from before belong to an earlier container with the same categories. */
  readonly since: Date;
}

/**
 * Returns the newest denials in the words of the log, without names that the plugin may have chosen. Empty where there
 * are none; `undefined` where the log can't be read. Never rejects.
 */
export async function loggedDenials(
  confined: Confined,
  log: string = usualLog,
): Promise<readonly string[] | undefined> {
  try {
    await using file = await open(log, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const { size } = await file.stat();
    const start = Math.max(0, size - readBytes);
    const buffer = Buffer.alloc(Math.min(size, readBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return denialsIn(buffer.toString('latin1', 0, bytesRead), confined);
  } catch {
    return undefined;
  }
}

const record =
  /\baudit\((\d+)\.\d+:\d+\): avc: +denied +\{ ([\w ]+) \} .*?\bscontext=(\S+) tcontext=(\S+) tclass=(\w+)(?: permissive=(\d))?/;

/** Returns the denials of a container among records, without repetitions, the newest last. */
export function denialsIn(text: string, { label, since }: Confined): readonly string[] {
  const from = Math.floor(since.getTime() / 1000);
  const found = text.split('\n').flatMap((line) => {
    const [, seconds, permissions, source, target, objectClass, permissive] = record.exec(line) ?? [];
    if (Number(seconds) < from || permissive === '1') return [];
    if (source !== label && target !== label) return [];
    return [`denied { ${permissions ?? ''} } scontext=${source} tcontext=${target} tclass=${objectClass}`];
  });
  return [...new Set(found)].slice(-mostTold);
}
