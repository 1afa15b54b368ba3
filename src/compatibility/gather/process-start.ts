import { readProcFile } from '../../linux/process-status.ts';

/** Length of a tick in milliseconds: Linux counts them 100 times a second for every process to read. */
const tickMs = 10;
/** The kernel tells the time of its start in whole seconds. */
const roundedMs = 1_000;

/** Returns when a process was started, at the latest. @param startTime ticks since the machine was started, proc_pid_stat(5) */
export async function startedAt(startTime: string): Promise<number | undefined> {
  const [, booted] = /^btime (\d+)$/m.exec(await readProcFile('/proc/stat', 1024 * 1024)) ?? [];
  const ticks = Number(startTime);
  if (booted === undefined || !Number.isFinite(ticks)) return undefined;
  return Number(booted) * 1000 + ticks * tickMs + roundedMs;
}
