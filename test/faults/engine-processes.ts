/** The processes of an engine: which one does its work, and which ones end with it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';

/** Names of the processes from the first one of a rootless engine to the engine itself, each the child of the one before. */
const rootlessChains = [
  ['rootlesskit', 'exe', 'dockerd'],
  ['podman', 'podman'],
] as const;

/** The processes from the one that was started to the engine itself, which a rootless engine starts in namespaces of its own. */
function chainOf(pid: number): number[] {
  const isRootless = statSync(`/proc/${pid}`).uid !== 0;
  const names = isRootless ? rootlessChains.find(([first]) => first === nameOf(pid)) : undefined;
  const chain = [pid];
  for (const name of names?.slice(1) ?? []) {
    const child = childrenOf(chain.at(-1) ?? pid).find((one) => nameOf(one) === name);
    if (child === undefined) throw new Error(`a rootless engine has no process ${name}`);
    chain.push(child);
  }
  return chain;
}

/** The process that answers requests, where the first process of the engine is `pid`. */
export function engineOf(pid: number): number {
  return chainOf(pid).at(-1) ?? pid;
}

/**
 * What has to end before the engine is started again. The containerd that a Docker has started for itself holds locks of the
 * images and containers until it has ended.
 */
export function processesOf(pid: number): number[] {
  const containerd = childrenOf(engineOf(pid)).filter((one) => nameOf(one) === 'containerd');
  return [...chainOf(pid), ...containerd];
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    textOf(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
}

function nameOf(pid: number): string {
  return textOf(`/proc/${pid}/comm`).trim();
}

/** Empty where the process or thread has ended meanwhile. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

export function pidOf(file: string): number {
  return Number(readFileSync(file, 'utf8'));
}

/** A zombie that nobody has collected yet is no longer alive. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
