import { access, readdir, readlink, stat } from 'node:fs/promises';
import type { Engine } from '../../engine/index.ts';
import { known, unknown, type Fact } from '../fact.ts';
import {
  allProcesses,
  engineCandidates,
  isUnchanged,
  programOf,
  type Candidate,
} from './engine-candidates.ts';
import { holdsOneOf, withFarEnds } from './own-connection.ts';
import { readProcessStatus } from '../../linux/process-status.ts';

/** The process of an engine on this host. It shows much that the engine's API does not tell. */
export interface EngineProcess extends Omit<Candidate, 'confined'> {
  /**
   * Folder in /proc of the process, or of one of its threads: one whose root and mounts are the engine's. The main
   * thread of a Podman 5 may be in the mount namespace of something that it once did for a container (seen with 5.4.2).
   */
  readonly folder: string;
}

type EngineSocket = Pick<Engine, 'kind' | 'socketPath'>;

/**
 * How often the process is looked for. Other processes that open and close sockets of the same path can hide which
 * socket belongs to whom; then it is looked for again.
 */
const attempts = 3;

/**
 * Finds the process of an engine: the one that holds the far ends of connections that this process makes to the
 * engine's socket, and that is not confined as containers are. A process chooses its name, its arguments and the paths
 * of its sockets, so these only select the candidates.
 *
 * Where this process may not see who holds a socket (an ordinary user can't for those of root), the only process with
 * the engine's name that no container could be is taken. Wherever the process is uncertain, it is unknown.
 */
export async function findEngineProcess(
  engine: EngineSocket & Pick<Engine, 'rootless'>,
): Promise<Fact<EngineProcess>> {
  const owner = engine.rootless ? await ownerOf(engine.socketPath) : 0;
  if (owner === undefined) return unknown(`the owner of ${engine.socketPath} can't be seen`);
  const found = await findOfOwner(engine, owner);
  return 'process' in found ? known(await withFolder(found.process), found.evidence) : unknown(found.why);
}

/**
 * Finds the engine that answers on a socket, before it was asked about its owner; `undefined` where its sockets can't
 * be seen.
 */
export async function engineAt(engine: EngineSocket): Promise<Candidate | undefined> {
  for (const owner of new Set([0, await ownerOf(engine.socketPath)])) {
    const found = owner === undefined ? undefined : await findOfOwner(engine, owner);
    if (found !== undefined && 'process' in found && found.seen) return found.process;
  }
  return undefined;
}

/** Whether the process is still there, and is not another that got its id. */
export async function stillRuns({ pid, startTime }: EngineProcess): Promise<boolean> {
  return (await readProcessStatus(pid))?.startTime === startTime;
}

/**
 * Says what it means that a path below the root of an engine's process does not exist: it is absent, unless the process
 * itself is gone.
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

type Finding =
  | {
      readonly process: Candidate;
      readonly evidence: string;
      /** Whether it holds our connections. */ readonly seen: boolean;
    }
  | { readonly why: string };

async function findOfOwner(engine: EngineSocket, owner: number): Promise<Finding> {
  let finding: Finding = { why: '' };
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      // A Podman that was started by its socket is there only once it has answered.
      const first = await claimsOn(engine.socketPath, () => engineCandidates(engine.kind, owner));
      const { candidates } = first;
      const second = await claimsOn(engine.socketPath, () => Promise.resolve(candidates));
      finding = decide(engine, owner, candidates, [first, second]);
    } catch (error) {
      return { why: `nothing answers on ${engine.socketPath}: ${(error as Error).message}` };
    }
    if ('process' in finding && (await isUnchanged(finding.process))) return finding;
  }
  return 'why' in finding ? finding : { why: `process ${finding.process.pid} has ended` };
}

/** The processes that may hold the far end of one connection of this process. */
interface Claims {
  /** All that may be the engine. */
  readonly candidates: readonly Candidate[];
  readonly holders: ReadonlySet<Candidate>;
  /** Candidates whose descriptors this process may not see. */
  readonly hidden: ReadonlySet<Candidate>;
  /** Another process that is seen to hold it, while some candidates can't be looked at. */
  readonly other: number | undefined;
}

async function claimsOn(socketPath: string, list: () => Promise<readonly Candidate[]>): Promise<Claims> {
  return withFarEnds(socketPath, async (farEnds) => {
    const candidates = await list();
    const holders = new Set<Candidate>();
    const hidden = new Set<Candidate>();
    for (const candidate of candidates) {
      const holds = await holdsOneOf(candidate.pid, farEnds);
      if (holds === undefined) hidden.add(candidate);
      else if (holds) holders.add(candidate);
    }
    if (holders.size > 0 || hidden.size === 0) return { candidates, holders, hidden, other: undefined };
    const all = await allProcesses();
    const held = await Promise.all(all.map(async (pid) => (await holdsOneOf(pid, farEnds)) === true));
    return { candidates, holders, hidden, other: all.find((_, index) => held[index]) };
  });
}

function decide(
  { kind, socketPath }: EngineSocket,
  owner: number,
  candidates: readonly Candidate[],
  [first, second]: readonly [Claims, Claims],
): Finding {
  const program = programOf(kind);
  const holders = candidates.filter((each) => first.holders.has(each) && second.holders.has(each));
  const free = holders.filter(({ confined }) => confined === undefined);
  const [holder, rival] = free;
  if (holder !== undefined) {
    return rival === undefined
      ? { process: holder, evidence: `process ${holder.pid} answers on ${socketPath}`, seen: true }
      : { why: `processes ${holder.pid} and ${rival.pid} both seem to answer on ${socketPath}` };
  }
  const reason = holders[0]?.confined;
  if (reason !== undefined) return { why: `what answers on ${socketPath} may not be the engine: ${reason}` };

  const [hidden, another] = candidates.filter(
    (each) => each.confined === undefined && first.hidden.has(each),
  );
  if (hidden === undefined) return { why: `no process ${program} of this host answers on ${socketPath}` };
  if (another !== undefined)
    return { why: `several processes are called ${program}, and this user may not see their sockets` };
  const other = first.other ?? second.other;
  if (other !== undefined)
    return { why: `process ${other}, which is not ${program}, seems to answer on ${socketPath}` };
  const evidence = `process ${hidden.pid}, the only ${program} of uid ${owner} that no container can be`;
  return { process: hidden, evidence, seen: false };
}

async function ownerOf(socketPath: string): Promise<number | undefined> {
  return stat(socketPath).then(
    ({ uid }) => uid,
    () => undefined,
  );
}

/** Adds the folder: the engine is where most of its threads are. */
async function withFolder({ pid, uid, commandLine, startTime }: Candidate): Promise<EngineProcess> {
  const groups = await threadsByNamespace(pid);
  const most = groups.reduce((best, each) => (each.length > best.length ? each : best), []);
  const own = `/proc/${pid}`;
  const isMain = most.includes(`${own}/task/${pid}`);
  return { pid, uid, commandLine, startTime, folder: isMain ? own : (most[0] ?? own) };
}

/**
 * Lists the folders of a process's threads, grouped by mount namespace; in one group where the namespace can't be seen.
 */
async function threadsByNamespace(pid: number): Promise<string[][]> {
  const groups = new Map<string, string[]>();
  for (const thread of await readdir(`/proc/${pid}/task`).catch(() => [])) {
    const folder = `/proc/${pid}/task/${thread}`;
    const namespace = await readlink(`${folder}/ns/mnt`).catch(() => '');
    groups.set(namespace, [...(groups.get(namespace) ?? []), folder]);
  }
  return [...groups.values()];
}
