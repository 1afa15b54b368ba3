/** Finds the processes that an engine has started for containers and has to end with them: monitors, shims and sandboxes. */
import { readdir } from 'node:fs/promises';
import { readProcFile } from '../linux/process-status.ts';

/** Returns the processes of this machine whose command line has one of these ids. Those of another machine are not seen. */
export async function processesOf(ids: Iterable<string>): Promise<string[]> {
  const wanted = [...ids];
  if (wanted.length === 0) return [];
  const pids = (await readdir('/proc').catch(() => [])).filter((entry) => /^\d+$/.test(entry));
  const lines: string[] = [];
  for (const pid of pids) {
    const words = (await readProcFile(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ');
    if (wanted.some((id) => words.includes(id))) lines.push(`process ${pid}: ${words}`.slice(0, 300));
  }
  return lines;
}
