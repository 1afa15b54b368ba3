/**
 * Which process something belongs to, so that one that is gone can be told from one that lives: a process id alone is
 * given out again.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { kill } from 'node:process';

export interface ProcessIdentity {
  /** The kernel's present run. Another one is an earlier run of this machine, or a run of another machine. */
  readonly bootId: string;
  /** A hash of the machine's id (machine-id(5)), which outlives a boot; empty where there is none, as in most containers. */
  readonly machineId: string;
  /** Process ids mean something within one namespace only. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** When the process began, in clock ticks since boot (proc(5): field 22 of `stat`). */
  readonly startTime: string;
}

let own: ProcessIdentity | undefined;

export function thisProcess(): ProcessIdentity {
  return (own ??= {
    bootId: bootId(),
    machineId: machineId(),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    startTime: processStat(process.pid)?.startTime ?? '',
  });
}

/** A process that this one sees; `undefined` when there is none. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  const { bootId, machineId, pidNamespace } = thisProcess();
  const startTime = processStat(pid)?.startTime ?? '';
  return bootId === '' || startTime === '' ? undefined : { bootId, machineId, pidNamespace, pid, startTime };
}

export type Liveness = 'alive' | 'gone' | 'unknown';

/**
 * `unknown` when this process can't see it: another machine, another namespace of process ids, no `/proc`, or an identity
 * that is not whole. Another boot id proves an end only together with the same machine id: machines that share an engine
 * or a volume have a boot id each.
 *
 * @param here who is asking; default: this process
 */
export function livenessOf(process: ProcessIdentity, here: ProcessIdentity = thisProcess()): Liveness {
  if (here.bootId === '' || here.startTime === '') return 'unknown';
  const { bootId, pidNamespace, startTime, pid } = process;
  if (bootId === '' || pidNamespace === '' || startTime === '') return 'unknown';
  if (!Number.isSafeInteger(pid) || pid <= 0) return 'unknown';
  if (bootId !== here.bootId) {
    return here.machineId !== '' && process.machineId === here.machineId ? 'gone' : 'unknown';
  }
  if (pidNamespace !== here.pidNamespace) return 'unknown';
  const stat = processStat(pid);
  // What /proc does not show may live all the same: descriptors run out, and hidepid hides processes.
  if (stat === undefined) return exists(pid) ? 'unknown' : 'gone';
  return stat.startTime === startTime && stat.state !== 'Z' ? 'alive' : 'gone';
}

/** Only the kernel's word that there is no such process counts for it. */
function exists(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Hashed, because machine-id(5) asks for the id itself to be kept from others, and labels are seen by many. */
function machineId(): string {
  try {
    const id = readFileSync('/etc/machine-id', 'utf8').trim();
    if (!/^[0-9a-f]{32}$/.test(id)) return ''; // "uninitialized", while an image boots for the first time
    return createHash('sha256').update(`bulkhead machine ${id}`).digest('hex').slice(0, 16);
  } catch {
    return '';
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return '';
  }
}

/** proc(5): the name, in parentheses, may hold anything; the third field follows the last of them. */
function processStat(pid: number): { state: string; startTime: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
