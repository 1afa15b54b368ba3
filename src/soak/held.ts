/** What this process holds: descriptors, timers, child processes, listeners. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Held {
  readonly sockets: number;
  readonly pipes: number;
  readonly timers: number;
  readonly children: number;
  readonly listeners: number;
}

export function heldNow(): Held {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // the descriptor of the folder that was just listed
    }
  });
  return {
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
    pipes: targets.filter((target) => target.startsWith('pipe:')).length,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    children: childrenOf(process.pid),
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}

function childrenOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => {
      try {
        return readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ');
      } catch {
        return []; // the thread has just ended
      }
    })
    .filter((child) => child.trim() !== '').length;
}

/** What is held beyond what was held before; empty when nothing is. */
export function heldMore(before: Held, now: Held): string[] {
  return (Object.keys(before) as (keyof Held)[])
    .filter((what) => now[what] > before[what])
    .map((what) => `${now[what]} ${what}, ${before[what]} before`);
}
