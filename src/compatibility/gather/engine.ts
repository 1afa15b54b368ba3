import { readFile, stat } from 'node:fs/promises';
import { release } from 'node:os';
import { resolve } from 'node:path';
import type { Engine, EngineInfo } from '../../engine/index.ts';
import { confinesBySeccomp } from '../../engine/internal.ts';
import { temporaryFolder } from '../../linux/standard-folders.ts';
import { checkGathering, checkGiven } from '../compatibility-checks.ts';
import type { EngineFacts } from '../engine-facts.ts';
import { isKnown, known, unknown, valueOf, type Fact } from '../fact.ts';
import { primaryGroupId } from '../group-ids.ts';
import { containerProfile } from './container-profile.ts';
import { findEngineProcess, stillRuns, type EngineProcess } from './engine-process.ts';
import { networkFactsOf } from './network.ts';
import { cgroupLayout, memoryLockLimit, processContext, processIdMaps } from './process-facts.ts';
import { gatherRuntimes } from './runtimes.ts';
import { rememberEngineProcess } from './sees-mount.ts';
import { sharesFolder } from './shared-folder.ts';
import { virtualMachineOf } from './virtual-machine.ts';
import { hostIdOfRoot } from '../../linux/id-map.ts';

export interface EngineGathering {
  /** Folder for socket directories. Default: the system's temporary folder. */
  readonly socketDirectory?: string | undefined;
  /** Asks the engine anew instead of using what it said when the connection was made. Default false. */
  readonly fresh?: boolean | undefined;
  /** Abort ends the asking; nothing stays anywhere. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks an engine about itself, and looks at its process where that can be found.
 *
 * @throws the errors of `engine.system.info`
 */
export async function gatherEngineFacts(engine: Engine, options: EngineGathering = {}): Promise<EngineFacts> {
  checkGiven('gatherEngineFacts', { engine });
  checkGathering('gatherEngineFacts', options);
  return engineFactsWith(engine, options, { networks: true });
}

/** Gathers the same facts. @param what.networks whether those that only launches with a network need are among them */
export async function engineFactsWith(
  engine: Engine,
  options: EngineGathering,
  what: { readonly networks: boolean },
): Promise<EngineFacts> {
  const { signal } = options;
  const info = options.fresh === true ? await engine.system.info({ signal }) : engine.info;
  const process = await findEngineProcess(engine);
  rememberEngineProcess(engine, process);
  signal?.throwIfAborted();
  const facts = await factsOf(engine, info, process, { ...options, ...what });
  signal?.throwIfAborted();
  if (!isKnown(process) || (await stillRuns(process.value))) return facts;
  // The id may have passed to another process, which would then have been read.
  const ended = unknown(`process ${process.value.pid} of the engine has ended`);
  return factsOf(engine, info, ended, { ...options, ...what });
}

async function factsOf(
  engine: Engine,
  info: EngineInfo,
  process: Fact<EngineProcess>,
  options: EngineGathering & { readonly networks: boolean },
): Promise<EngineFacts> {
  const remapped = engine.kind === 'docker' && hasOption(info, 'userns');
  const [owner, idMaps, runtimes, layout, memlock, sees, network] = await Promise.all([
    ownerOf(engine, info, process),
    idMapsOf(engine, info, remapped, process),
    gatherRuntimes(engine.kind, info, process),
    cgroupLayout(process, info.cgroupVersion),
    memoryLockLimit(process, engine.rootless),
    sharesFolder(engine, process, resolve(options.socketDirectory ?? temporaryFolder()), options.signal),
    options.networks ? networkFactsOf(engine, process, options) : undefined,
  ]);
  const context =
    hasOption(info, 'selinux') || hasOption(info, 'apparmor') ? await processContext(process) : undefined;
  return {
    kind: engine.kind,
    version: engine.version,
    apiVersion: engine.apiVersion,
    socketPath: engine.socketPath,
    rootless: engine.rootless,
    sameKernel: sameKernel(engine, info),
    owner,
    idMaps,
    remapped: known(remapped, 'GET /info: SecurityOptions'),
    runtimes,
    defaultRuntime: info.defaultRuntime,
    cgroup: { version: info.cgroupVersion, driver: info.cgroupDriver, layout },
    enforces: enforcement(engine, info),
    cpus: cpus(info),
    security: known(
      info.securityOptions
        .map((option) => /^name=([^,]+)/.exec(option)?.[1] ?? option)
        .filter((name) => name !== 'seccomp' || confinesBySeccomp(info)),
      'GET /info: SecurityOptions',
    ),
    ...(context !== undefined && { context }),
    ...(hasOption(info, 'apparmor') && { containerProfile: await containerProfile(engine) }),
    memlock,
    seesSocketFolder: sees,
    ...(network !== undefined && { network }),
  };
}

function hasOption(info: EngineInfo, name: string): boolean {
  return info.securityOptions.some(
    (option) => option === `name=${name}` || option.startsWith(`name=${name},`),
  );
}

interface Raw {
  readonly KernelVersion?: unknown;
  readonly NCPU?: unknown;
  readonly host?: { readonly kernel?: unknown; readonly cpus?: unknown };
}

function sameKernel({ kind, socketPath }: Engine, info: EngineInfo): Fact<boolean> {
  const { KernelVersion, host } = info.raw as Raw;
  const machine = virtualMachineOf(info, socketPath);
  if (machine !== undefined) return known(false, machine);
  const theirs = kind === 'docker' ? KernelVersion : host?.kernel;
  if (typeof theirs !== 'string') return unknown('the engine does not tell its kernel');
  return known(theirs === release(), `GET /info: kernel ${theirs}; this host: ${release()}`);
}

function cpus({ raw }: EngineInfo): Fact<number> {
  const { NCPU, host } = raw as Raw;
  const number = NCPU ?? host?.cpus;
  return typeof number === 'number' ? known(number, 'GET /info') : unknown('the engine does not tell');
}

function enforcement({ kind, rootless }: Engine, info: EngineInfo): EngineFacts['enforces'] {
  const controllers = info.cgroupControllers?.join(' ') ?? '';
  const evidence =
    kind === 'podman'
      ? `GET /libpod/info: cgroup version ${info.cgroupVersion}, ${rootless ? 'rootless' : 'rootful'}, controllers "${controllers}"`
      : `GET /info: CgroupDriver ${info.cgroupDriver}, CgroupVersion ${info.cgroupVersion}, MemoryLimit, CpuCfsQuota, PidsLimit`;
  return {
    memory: known(info.memoryLimit, evidence),
    cpu: known(info.cpuCfsQuota, evidence),
    pids: known(info.pidsLimit, evidence),
    ...(info.swapLimit !== undefined && { swap: known(info.swapLimit, 'GET /info: SwapLimit') }),
  };
}

/** Finds the user that container id 0 is on the host. */
async function ownerOf(
  engine: Engine,
  info: EngineInfo,
  process: Fact<EngineProcess>,
): Promise<EngineFacts['owner']> {
  if (!engine.rootless) return known({ uid: 0, gid: 0 }, 'the engine is rootful');
  const uid = hostIdOfRoot(info.idMappings?.uids);
  const gid = hostIdOfRoot(info.idMappings?.gids);
  if (uid !== undefined && gid !== undefined) return known({ uid, gid }, 'GET /libpod/info: host.idMappings');
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  if (isKnown(process)) {
    const maps = await processIdMaps(process);
    const group = hostIdOfRoot(valueOf(maps)?.gids);
    const { uid: owner, pid } = process.value;
    const primary = group ?? primaryGroupId(passwd, owner);
    if (primary !== undefined)
      return known({ uid: owner, gid: primary }, `/proc/${pid}/status, /proc/${pid}/gid_map`);
  }
  // A rootless Docker does not tell its user, but its socket belongs to that user. The socket's group does not help: it
  // may be the group `docker` of the engine's user namespace.
  return stat(engine.socketPath).then(
    (socket) =>
      known(
        { uid: socket.uid, gid: primaryGroupId(passwd, socket.uid) ?? socket.gid },
        `owner of ${engine.socketPath}`,
      ),
    (error: unknown) => unknown((error as Error).message),
  );
}

async function idMapsOf(
  engine: Engine,
  info: EngineInfo,
  remapped: boolean,
  process: Fact<EngineProcess>,
): Promise<EngineFacts['idMaps']> {
  if (info.idMappings !== undefined) return known(info.idMappings, 'GET /libpod/info: host.idMappings');
  if (remapped) return remappedIds(info.storageRoot);
  if (!engine.rootless) return known({ uids: [], gids: [] }, 'the engine is rootful, without userns-remap');
  return processIdMaps(process);
}

/**
 * Reads the ids from the storage's path: Docker with userns-remap keeps its storage in a folder named after the first
 * ids, `/var/lib/docker/100000.100000`.
 */
function remappedIds(storageRoot: string): EngineFacts['idMaps'] {
  const [, uid, gid] = /\/(\d+)\.(\d+)$/.exec(storageRoot) ?? [];
  if (uid === undefined || gid === undefined) return unknown(`${storageRoot} does not tell the first ids`);
  const range = (hostId: string) => [{ containerId: 0, hostId: Number(hostId), size: 65536 }];
  return known({ uids: range(uid), gids: range(gid) }, `GET /info: DockerRootDir ${storageRoot}`);
}
