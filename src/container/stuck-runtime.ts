import { readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { readProcessStatus, readProcFile } from '../linux/process-status.ts';
import { processIdentity } from '../linux/process-identity.ts';
import { isContainerId } from './container-name.ts';

/** Programs that engines start for one container and wait for. */
const programs = [
  'runc',
  'crun',
  'runsc',
  'runsc-sandbox',
  'runsc-gofer',
  'conmon',
  'containerd-shim-runc-v2',
];

/**
 * Kills the runtime that an engine waits for when it can't remove a container: a runtime that hangs (gVisor on a broken
 * KVM does) holds the container for ever. This is the last resort, after the engine was asked and did not answer. Only
 * processes of this machine are killed that have a runtime's name and the whole id on their command line. Those in a
 * process namespace of their own are left alone: they are in a container, and can give themselves any name.
 *
 * @returns how many were killed; 0 where this user may not kill them, or sees none
 */
export async function killStuckRuntime(containerId: string, runtime: string): Promise<number> {
  if (!isContainerId(containerId)) return 0;
  const names = [...programs, posix.basename(runtime)];
  const pids = (await readdir('/proc').catch(() => [])).filter((entry) => /^\d+$/.test(entry)).map(Number);
  let killed = 0;
  for (const pid of pids) {
    const status = await readProcessStatus(pid);
    if (status?.pidNamespaces !== 1) continue;
    const words = (await readProcFile(`/proc/${pid}/cmdline`)).split('\0');
    // A wrapper of a runtime is a script, so its interpreter may come first.
    const isRuntime = words.slice(0, 2).some((word) => names.includes(posix.basename(word)));
    if (isRuntime && words.includes(containerId) && kill(pid, status.startTime)) killed += 1;
  }
  return killed;
}

function kill(pid: number, startTime: string): boolean {
  // The process id may have been reused in the meantime.
  if (processIdentity(pid)?.startTime !== startTime) return false;
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false; // it has ended, or this user may not kill it
  }
}
