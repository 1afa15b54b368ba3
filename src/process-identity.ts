/**
 * Which process something belongs to, so that one that is gone can be told from one that lives: a process id alone is
 * given out again.
 */
import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessIdentity {
  /** Of the kernel's present run: everything of an earlier run is gone. */
  readonly bootId: string;
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
    pidNamespace: pidNamespace(),
    pid: process.pid,
    startTime: processStat(process.pid)?.startTime ?? '',
  });
}

/** A process that this one sees; `undefined` when there is none. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  const { bootId, pidNamespace } = thisProcess();
  const startTime = processStat(pid)?.startTime ?? '';
  return bootId === '' || startTime === '' ? undefined : { bootId, pidNamespace, pid, startTime };
}

/** `unknown` when this process can't see it: another namespace of process ids, or no `/proc`. */
export function livenessOf(process: ProcessIdentity): 'alive' | 'gone' | 'unknown' {
  const here = thisProcess();
  if (here.bootId === '' || here.startTime === '') return 'unknown';
  if (process.bootId !== here.bootId) return 'gone';
  if (process.pidNamespace !== here.pidNamespace) return 'unknown';
  const stat = processStat(process.pid);
  return stat?.startTime === process.startTime && stat.state !== 'Z' ? 'alive' : 'gone';
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
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
