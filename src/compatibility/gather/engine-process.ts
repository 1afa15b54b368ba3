import { access, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Engine } from '../../engine/index.ts';
import { processIdentity } from '../../process-identity.ts';
import { known, unknown, type Fact } from '../fact.ts';

/** The process of an engine on this host, through which much can be seen that its API does not tell. */
export interface EngineProcess {
  readonly pid: number;
  readonly uid: number;
  readonly commandLine: readonly string[];
  /**
   * Folder in /proc of the process, or of one of its threads: one whose root and mounts are the engine's. The main thread
   * of a Podman 5 may be in the mount namespace of something that it once did for a container (seen with 5.4.2).
   */
  readonly folder: string;
}

/**
 * Finds the process that listens on the engine's socket: by its open sockets where this process may see them, else as
 * the only one of its name and user.
 */
export async function findEngineProcess(
  engine: Pick<Engine, 'kind' | 'rootless' | 'socketPath'>,
): Promise<Fact<EngineProcess>> {
  const name = programOf(engine.kind);
  const owner = engine.rootless ? await ownerOf(engine.socketPath) : 0;
  const { candidates, listening, hidden } = await findListener(engine, owner);
  if (listening !== undefined) {
    return known(await withFolder(listening), `process ${listening.pid} listens on ${engine.socketPath}`);
  }
  const [only, ...others] = candidates;
  if (hidden && only !== undefined && others.length === 0) {
    return known(await withFolder(only), `process ${only.pid}, the only ${name} of uid ${owner ?? ''}`);
  }
  return unknown(
    hidden
      ? `several processes are called ${name}, and this user may not see their sockets`
      : `no process ${name} of this host listens on ${engine.socketPath}`,
  );
}

/** Process id of the engine that listens on a socket, before it was asked whose it is. */
export async function listenerOf(engine: Pick<Engine, 'kind' | 'socketPath'>): Promise<number | undefined> {
  for (const owner of new Set([0, await ownerOf(engine.socketPath)])) {
    const { listening } = await findListener(engine, owner);
    if (listening !== undefined) return listening.pid;
  }
  return undefined;
}

function programOf(kind: Engine['kind']): string {
  return kind === 'docker' ? 'dockerd' : 'podman';
}

async function findListener(
  { kind, socketPath }: Pick<Engine, 'kind' | 'socketPath'>,
  owner: number | undefined,
): Promise<{ candidates: Candidate[]; listening: Candidate | undefined; hidden: boolean }> {
  const candidates = (await processesNamed(programOf(kind)))
    .filter(({ uid }) => uid === owner)
    .filter(({ commandLine }) => kind === 'docker' || commandLine.includes('service'));
  const path = await realpath(socketPath).catch(() => socketPath);
  let hidden = false;
  const listening: Candidate[] = [];
  for (const candidate of candidates) {
    const listens = await listensOn(candidate.pid, [socketPath, path]);
    if (listens === undefined) hidden = true;
    else if (listens) listening.push(candidate);
  }
  // A rootless Podman is two processes; the one that was started last is in the user namespace.
  return { candidates, listening: listening.at(-1), hidden };
}

/**
 * What a path below the root of an engine's process not being there means: absent, unless the process itself is gone.
 */
export async function absentFor<T>(
  { pid, folder }: EngineProcess,
  absent: T,
  path: string,
): Promise<Fact<T>> {
  return access(`${folder}/root/`).then(
    () => known(absent, path),
    () => unknown(`process ${pid} of the engine has ended`),
  );
}

async function ownerOf(socketPath: string): Promise<number | undefined> {
  return stat(socketPath).then(
    ({ uid }) => uid,
    () => undefined,
  );
}

interface Candidate extends Omit<EngineProcess, 'folder'> {
  /** In clock ticks since boot; process ids begin anew when they have reached their limit. */
  readonly startTime: number;
}

async function processesNamed(name: string): Promise<Candidate[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const comm = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      // A program that executes itself anew, as Podman 5 does in its user namespace, is called so.
      if (![name, 'exe'].includes(comm.trimEnd())) return [];
      const [status, commandLine] = await Promise.all([
        readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
        readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
      ]);
      const uid = Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1]);
      const threads = Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]);
      const words = commandLine.split('\0').slice(0, -1);
      // Engines are Go programs, which have several threads. A process of one is their child that is about to execute
      // something else: it has their name and sockets until then, and may be in another mount namespace already.
      return Number.isNaN(uid) || !(threads > 1) || posix.basename(words[0] ?? '') !== name
        ? []
        : [{ pid, uid, commandLine: words, startTime: Number(processIdentity(pid)?.startTime ?? 0) }];
    }),
  );
  return found.flat().sort((a, b) => a.startTime - b.startTime || a.pid - b.pid);
}

/**
 * The kernel gives its table of sockets in pieces, and a piece begins by counting: whatever is removed meanwhile makes a
 * line be left out (seen in 66 of 22,041 readings beside two programs that opened and closed sockets). What is in none of
 * so many readings is not there.
 */
const readingsOfSockets = 3;

/** `undefined` where this process may not see it. */
async function listensOn(pid: number, paths: readonly string[]): Promise<boolean | undefined> {
  let inodes: string[] = [];
  for (let reading = 0; reading < readingsOfSockets && inodes.length === 0; reading++)
    inodes = await listeningInodes(pid, paths);
  try {
    const descriptors = await readdir(`/proc/${pid}/fd`);
    const targets = await Promise.all(
      descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
    );
    return targets.some((target) => inodes.includes(target));
  } catch {
    return undefined;
  }
}

/**
 * Inodes of the sockets that listen on these paths, in the network namespace of the process: the first in which one of its
 * threads sees any. The main thread of a Podman 5 may be in that of a container that it once set up (seen with 5.4.2).
 */
async function listeningInodes(pid: number, paths: readonly string[]): Promise<string[]> {
  for (const [thread = ''] of await threadsByNamespace(pid, 'net')) {
    const table = await readFile(`${thread}/net/unix`, 'utf8').catch(() => '');
    // Num RefCount Protocol Flags Type St Inode Path; flag 0x10000 is a socket that listens (proc_net(5)).
    const inodes = table
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(
        ([, , , flags, , , , path]) => path !== undefined && paths.includes(path) && flags === '00010000',
      )
      .map((fields) => `socket:[${fields[6] ?? ''}]`);
    if (inodes.length > 0) return inodes;
  }
  return [];
}

/** The engine is where most of its threads are. */
async function withFolder({ pid, uid, commandLine }: Candidate): Promise<EngineProcess> {
  const groups = await threadsByNamespace(pid, 'mnt');
  const most = groups.reduce((best, each) => (each.length > best.length ? each : best), []);
  const own = `/proc/${pid}`;
  const isMain = most.includes(`${own}/task/${pid}`);
  return { pid, uid, commandLine, folder: isMain ? own : (most[0] ?? own) };
}

/** Folders of the threads of a process, those in the same namespace together; in one group where it can't be seen. */
async function threadsByNamespace(pid: number, kind: 'mnt' | 'net'): Promise<string[][]> {
  const groups = new Map<string, string[]>();
  for (const thread of await readdir(`/proc/${pid}/task`).catch(() => [])) {
    const folder = `/proc/${pid}/task/${thread}`;
    const namespace = await readlink(`${folder}/ns/${kind}`).catch(() => '');
    groups.set(namespace, [...(groups.get(namespace) ?? []), folder]);
  }
  return [...groups.values()];
}
