import { join } from 'node:path';
import { programFolders } from '../../linux/find-executable.ts';
import {
  executedContextAt,
  policyAt,
  selinuxFolder,
  type AskPolicy,
  type ExecutedContext,
} from '../../linux/selinux-policy.ts';
import { isKnown, known, unknown, type Fact } from '../fact.ts';
import { contextIn, contextOfFolder } from './selinux.ts';

/** These are the places where SELinux and processes are looked at. The defaults are those of every distribution. */
export interface SystemdDenialPlaces {
  readonly folder?: string | undefined;
  readonly proc?: string | undefined;
  readonly ask?: AskPolicy | undefined;
  readonly executed?: ExecutedContext | undefined;
  /** The context of a program; default: what stat(1) says. */
  readonly contextOf?: ((path: string) => Promise<Fact<string>>) | undefined;
}

/**
 * Finds out whether SELinux keeps a runtime from asking systemd, which is asked to make cgroups and checks its callers by
 * the policy: whether the domain in which the runtime runs, when the engine starts it, may learn systemd's status.
 *
 * @param engine id of the engine's process
 * @param program path of what the engine executes, or of something that has the same label
 * @returns the denial, as the audit log names it; empty where nothing is denied
 */
export async function systemdDenial(
  engine: number,
  program: string,
  {
    folder = selinuxFolder,
    proc = '/proc',
    ask,
    executed,
    contextOf = contextByStat,
  }: SystemdDenialPlaces = {},
): Promise<Fact<string>> {
  const [from, systemd] = await Promise.all(
    [engine, 1].map((pid) => contextIn(join(proc, String(pid), 'attr/current'))),
  );
  if (from === undefined || systemd === undefined) return known('', 'processes have no SELinux context');
  const file = await contextOf(program);
  if (!isKnown(file)) return file;
  try {
    const source = await (executed ?? executedContextAt(folder))(from, file.value);
    const question = { source, target: systemd, objectClass: 'system', permissions: ['status'] };
    const denied = await (ask ?? policyAt(folder))(question);
    const denial =
      denied.length === 0 ? '' : `denied { status } scontext=${source} tcontext=${systemd} tclass=system`;
    return known(denial, join(folder, 'access'));
  } catch (error) {
    return unknown(`the policy can't be asked: ${(error as Error).message}`);
  }
}

async function contextByStat(path: string): Promise<Fact<string>> {
  return contextOfFolder(path, (await programFolders(process.env['PATH'])).path);
}
