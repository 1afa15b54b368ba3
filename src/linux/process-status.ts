import { readFileSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { readBoundedFile } from './bounded-file.ts';
import { processIdentity } from './process-identity.ts';

/** What every user may read about a process, proc_pid_status(5). */
export interface ProcessStatus {
  readonly pid: number;
  /** Real, effective, saved and file system user, as numbered in this process's namespace. */
  readonly uids: readonly number[];
  readonly threads: number;
  /** Number of process namespaces that it is in, counted from the reader's own inward. */
  readonly pidNamespaces: number;
  /** The effective capabilities, with a bit for each. */
  readonly capabilities: bigint;
  /** Number of system call filters, which no process can remove. */
  readonly seccompFilters: number;
  readonly noNewPrivileges: boolean;
  /** Its user namespace: the namespace itself where this process may see it; otherwise the text of its `uid_map`. */
  readonly userNamespace: { readonly link: string | undefined; readonly uidMap: string };
  /** When it was started, in clock ticks since boot, which distinguishes it from a later process of the same id. */
  readonly startTime: string;
}

const longestFile = 64 * 1024;

/** Returns `undefined` when there is no such process, or this one may not see it. */
export async function readProcessStatus(pid: number): Promise<ProcessStatus | undefined> {
  const before = processIdentity(pid)?.startTime;
  const [status, uidMap, link] = await Promise.all([
    readProcFile(`/proc/${pid}/status`),
    readProcFile(`/proc/${pid}/uid_map`),
    readlink(`/proc/${pid}/ns/user`).catch(() => undefined),
  ]);
  // Another process may have got the id meanwhile.
  if (before === undefined || processIdentity(pid)?.startTime !== before) return undefined;
  const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1]?.trim();
  const effective = field('CapEff');
  if (effective === undefined) return undefined;
  return {
    pid,
    uids: (field('Uid') ?? '').split(/\s+/).map(Number),
    threads: Number(field('Threads')),
    pidNamespaces: (field('NSpid') ?? '').split(/\s+/).length,
    capabilities: BigInt(`0x${effective}`),
    // Kernels before 5.9 do not count filters.
    seccompFilters: Number(field('Seccomp_filters') ?? (field('Seccomp') === '0' ? 0 : 1)),
    noNewPrivileges: field('NoNewPrivs') !== '0',
    userNamespace: { link, uidMap },
    startTime: before,
  };
}

/**
 * Returns the name of a process, proc_pid_comm(5); empty where it can't be read. This does not wait: the kernel answers
 * from its own memory, and a machine has hundreds of processes to ask about.
 */
export function processName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
  } catch {
    return '';
  }
}

/**
 * Reads a file in `/proc` as text; empty where it can't be read or is longer than it should be.
 *
 * What the kernel says of this very process is read at once: it waits for nobody, and its way through the thread pool would
 * take many times as long. A file of another process can keep its reader waiting.
 */
export async function readProcFile(path: string, mostBytes = longestFile): Promise<string> {
  if (path.startsWith('/proc/self/')) return readOwnProcFile(path, mostBytes);
  const bytes = await readBoundedFile(path, { mostBytes }).catch(() => undefined);
  return bytes?.toString('utf8') ?? '';
}

function readOwnProcFile(path: string, mostBytes: number): string {
  try {
    const bytes = readFileSync(path);
    return bytes.length > mostBytes ? '' : bytes.toString('utf8');
  } catch {
    return '';
  }
}

/** Whether two processes are in the same user namespace; `false` where that can't be determined. */
export function sameUserNamespace(one: ProcessStatus, other: ProcessStatus): boolean {
  const [first, second] = [one.userNamespace, other.userNamespace];
  return first.link !== undefined && second.link !== undefined
    ? first.link === second.link
    : first.uidMap !== '' && first.uidMap === second.uidMap;
}
