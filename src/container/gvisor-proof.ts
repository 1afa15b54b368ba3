import { readFile } from 'node:fs/promises';
import type { Engine, InspectedContainer } from '../engine/index.ts';

/** `not-seen`: the container has ended in the meantime, or its processes can't be seen from here. */
export type GvisorProof = 'proved' | 'disproved' | 'not-seen';

/**
 * Checks whether a running container really is a gVisor sandbox. If so, the container's process on the host is runsc
 * itself, in the engine's own process namespace, with the container's id as its last argument. A plugin under another
 * runtime is in a process namespace of its own, and nothing that it does can hide that.
 *
 * @param options.seen what the engine has just said of the running container; default: it is asked
 */
export async function proveGvisor(
  engine: Engine,
  id: string,
  { signal, seen }: { signal?: AbortSignal | undefined; seen?: InspectedContainer | undefined } = {},
): Promise<GvisorProof> {
  const { state } = seen ?? (await engine.containers.inspect(id, { signal }));
  if (!state.running || state.pid === 0) return 'not-seen';
  return judgeProcess(await readProcess('cmdline', state.pid), await readProcess('status', state.pid), id);
}

/**
 * @param commandLine text of `/proc/PID/cmdline`
 * @param status text of `/proc/PID/status`
 */
export function judgeProcess(commandLine: string, status: string, id: string): GvisorProof {
  // The line has one number for each process namespace from the reader's own inward (proc_pid_status(5)).
  const namespaces = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.trim().split(/\s+/).length;
  if (namespaces === undefined) return 'not-seen';
  if (namespaces > 1) return 'disproved';
  const words = commandLine.split('\0').filter((word) => word !== '');
  return words[0] === 'runsc-sandbox' && words.includes('boot') && words.at(-1) === id
    ? 'proved'
    : 'not-seen';
}

async function readProcess(file: string, pid: number): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}
