import { readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { confinementOf } from './confinement.ts';
import {
  processName,
  readProcessStatus,
  readProcFile,
  type ProcessStatus,
} from '../../linux/process-status.ts';

/** A process that has the name of an engine. */
export interface Candidate {
  readonly pid: number;
  readonly uid: number;
  readonly commandLine: readonly string[];
  readonly startTime: string;
  /** Why it could belong to somebody weaker than the engine's user; `undefined` when it could not. */
  readonly confined: string | undefined;
}

/** Most bytes read of the arguments of a process, which may be megabytes. */
const longestCommandLine = 256 * 1024;

export function programOf(kind: 'docker' | 'podman'): string {
  return kind === 'docker' ? 'dockerd' : 'podman';
}

/** Finds the processes that have the name of this engine and run as `owner`. */
export async function engineCandidates(kind: 'docker' | 'podman', owner: number): Promise<Candidate[]> {
  const own = await readProcessStatus(process.pid);
  if (own === undefined) return [];
  const yardsticks = { own, first: await readProcessStatus(1) };
  const found = await Promise.all(
    (await allProcesses()).map(async (pid) => {
      const named = await readIfNamed(pid, kind);
      if (named?.status.uids[1] !== owner) return [];
      const { commandLine, status } = named;
      const confined = confinementOf(status, owner, yardsticks);
      return [{ pid, uid: owner, commandLine, startTime: status.startTime, confined }];
    }),
  );
  return found.flat();
}

/** Whether the process is still the one that was found, and is as free as it was then. */
export async function isUnchanged({ pid, uid, startTime }: Candidate): Promise<boolean> {
  const [own, first, now] = await Promise.all([process.pid, 1, pid].map(readProcessStatus));
  return (
    own !== undefined && now?.startTime === startTime && confinementOf(now, uid, { own, first }) === undefined
  );
}

export async function allProcesses(): Promise<number[]> {
  return (await readdir('/proc').catch(() => [])).filter((entry) => /^\d+$/.test(entry)).map(Number);
}

async function readIfNamed(
  pid: number,
  kind: 'docker' | 'podman',
): Promise<{ commandLine: string[]; status: ProcessStatus } | undefined> {
  const name = programOf(kind);
  // A program that executes itself anew has the name "exe", as Podman 5 does in its user namespace.
  if (![name, 'exe'].includes(processName(pid))) return undefined;
  const [status, text] = await Promise.all([
    readProcessStatus(pid),
    readProcFile(`/proc/${pid}/cmdline`, longestCommandLine),
  ]);
  const commandLine = text.split('\0').slice(0, -1);
  if (posix.basename(commandLine[0] ?? '') !== name) return undefined;
  if (kind === 'podman' && !commandLine.includes('service')) return undefined;
  // Engines are Go programs, which have several threads. A process with one thread is a child of theirs that is about
  // to execute something else: until then it has their name and sockets, and may be in another mount namespace already.
  return status !== undefined && status.threads > 1 ? { commandLine, status } : undefined;
}
