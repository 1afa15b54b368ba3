/**
 * Identifies the process to which something belongs, so that one that is gone can be told from one that lives: process
 * ids are reused.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { kill } from 'node:process';

export interface ProcessIdentity {
  /** Id of the kernel's present run. Another id means an earlier run of this machine, or a run of another machine. */
  readonly bootId: string;
  /** A hash of the machine's id (machine-id(5)), which outlives a boot; empty where there is none, as in most containers. */
  readonly machineId: string;
  /** The namespace of process ids, outside of which an id means nothing. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** When the process was started, in clock ticks since boot (proc(5): field 22 of `stat`). */
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

/** Identifies a process that this one can see; `undefined` when there is none. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  const { bootId, machineId, pidNamespace } = thisProcess();
  const startTime = processStat(pid)?.startTime ?? '';
  return bootId === '' || startTime === '' ? undefined : { bootId, machineId, pidNamespace, pid, startTime };
}

export type Liveness = 'alive' | 'gone' | 'unknown';

/**
 * Tells whether a process lives. The answer is `unknown` when this process can't see it: another machine, another
 * namespace of process ids, no `/proc`, or an incomplete identity. Another boot id proves an end only together with the
 * same machine id, because machines that share an engine or a volume have different boot ids.
 *
 * @param here the process that asks; default: this process
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
  // A process that /proc does not show may still live: descriptors run out, and hidepid hides processes.
  if (stat === undefined) return exists(pid) ? 'unknown' : 'gone';
  return stat.startTime === startTime && stat.state !== 'Z' ? 'alive' : 'gone';
}

/** Whether a process exists. Only the kernel's answer that there is none counts as an end. */
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

/** The id is hashed, because machine-id(5) asks to keep the id itself from others, and labels are seen by many. */
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

/**
 * Reads `stat` of a process (proc(5)). The name, in parentheses, may hold anything; the third field follows the last
 * parenthesis.
 */
function processStat(pid: number): { state: string; startTime: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
