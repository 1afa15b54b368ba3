/** Explains failures that look as if SELinux had denied something, and names the record of the audit log to look for. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InspectedContainer } from '../../engine/index.ts';
import { selinuxFolder } from '../../linux/selinux-policy.ts';
import { loggedDenials } from './audit-log.ts';

/** What is known of SELinux and a container that failed. */
export interface SelinuxSuspicion {
  /** The label of the container; empty for none. */
  readonly label: string;
  /** Denials that the audit log has; `undefined` where it can't be read. */
  readonly logged: readonly string[] | undefined;
}

/** Where it is looked. The defaults are those of every distribution. */
export interface SuspicionPlaces {
  /** The file that says whether SELinux enforces. */
  readonly enforce?: string | undefined;
  readonly log?: string | undefined;
}

/**
 * Looks for denials of the container. `undefined` where SELinux denies it nothing: the container has no label, or SELinux
 * does not enforce.
 */
export async function suspectSelinux(
  container: Pick<InspectedContainer, 'processLabel' | 'createdAt'> | undefined,
  { enforce = join(selinuxFolder, 'enforce'), log }: SuspicionPlaces = {},
): Promise<SelinuxSuspicion | undefined> {
  if (container === undefined || container.processLabel === '') return undefined;
  if ((await readFile(enforce, 'utf8').catch(() => '0')).trim() === '0') return undefined;
  const { processLabel: label, createdAt: since } = container;
  return { label, logged: await loggedDenials({ label, since }, log) };
}

/** What did not work. */
export type Symptom =
  /** The plugin may not make its socket, or may not connect to one of its host. */
  | 'denied'
  /** The plugin runs, and has announced no socket. */
  | 'silent'
  /** The plugin has announced its socket, and the connection gets no answer. */
  | 'unanswered';

const expected: Readonly<Record<Symptom, string>> = {
  denied: '{ write } or { connectto } on a sock_file or unix_stream_socket',
  silent: '{ write } or { add_name } on a dir, or { write } on a fifo_file',
  unanswered: '{ connectto }, { read } or { write } on a unix_stream_socket',
};

/** @returns the hint; `undefined` where the log could be read and has no denial of the container */
export function selinuxHint(symptom: Symptom, suspicion: SelinuxSuspicion | undefined): string | undefined {
  if (suspicion === undefined) return undefined;
  const { label, logged } = suspicion;
  if (logged !== undefined && logged.length > 0) {
    return `SELinux denied it (audit log: ${logged.join('; ')}): bulkhead doctor says what this host's policy lets plugins do, and what to change.`;
  }
  if (logged !== undefined) return undefined;
  return `SELinux may deny it: look in the audit log for ${expected[symptom]} with ${label} (ausearch -m avc -ts recent | grep ${label}, as root); bulkhead doctor says what this host's policy lets plugins do.`;
}
