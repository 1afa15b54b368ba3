/** Whether the engine has the folder for sockets under the same path, as far as this process can know before a launch. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path/posix';
import type { Engine, InspectedMount } from '../../engine/index.ts';
import { isKnown, known, unknown, type Fact } from '../fact.ts';
import { engineCandidates } from './engine-candidates.ts';
import type { EngineProcess } from './engine-process.ts';
import { below, covering, readMounts, type Mount } from './mounts.ts';
import { containerIdIn, containerMark } from './own-container.ts';
import { seesFolder } from './process-facts.ts';

/**
 * Looks at the engine's root where this process may; else at the mounts of both; else, where this process is in a
 * container, asks the engine what it has mounted there.
 */
export async function sharesFolder(
  engine: Engine,
  process: Fact<EngineProcess>,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Fact<boolean>> {
  const seen = await seesFolder(process, path);
  if (isKnown(seen)) return seen;
  const real = await realpath(path).catch(() => path);
  const ours = await readMounts('/proc/self');
  const told = isKnown(process)
    ? await byMountsOf(engine, process.value, ours, real)
    : await inContainer(engine, ours, { path, real }, signal);
  return told ?? seen;
}

/** Compares the mounts of both processes, which every user may read. */
async function byMountsOf(
  { rootless }: Engine,
  { folder }: EngineProcess,
  ours: readonly Mount[],
  real: string,
): Promise<Fact<boolean> | undefined> {
  const theirs = await readMounts(folder);
  const [our, their] = [covering(ours, real), covering(theirs, real)];
  if (our === undefined || their === undefined) return undefined;
  const isSame = our.device === their.device && originOf(our, real) === originOf(their, real);
  // A rootless Docker has links in place of what it has mounted over, which may lead to the same folder.
  if (!isSame && rootless) return undefined;
  return known(isSame, `${folder}/mountinfo: ${real} is on ${their.device} ${their.root}`);
}

/** Returns the path within the file system of the mount. */
function originOf({ root, point }: Pick<Mount, 'root' | 'point'>, real: string): string {
  return join(root, below(point, real) ?? '');
}

interface Place {
  readonly path: string;
  /** The same path without links. */
  readonly real: string;
}

async function inContainer(
  engine: Engine,
  ours: readonly Mount[],
  place: Place,
  signal: AbortSignal | undefined,
): Promise<Fact<boolean> | undefined> {
  const mount = covering(ours, place.real);
  const mark = await containerMark(ours);
  if (mount === undefined || mark === undefined || (await hasCandidates(engine))) return undefined;
  const id = containerIdIn(ours);
  const mounts = id === undefined ? undefined : await mountsOfContainer(engine, id, signal);
  if (id !== undefined && mounts !== undefined) return byEngine(mounts, mount, place, id);
  const inWords = `this process is in a container (${mark})`;
  if (mount.point === '/')
    return known(false, `${inWords}, and ${place.path} is part of its own file system`);
  // A folder that is mounted at the path that it has outside has the end of this path on its file system.
  const origin = originOf(mount, place.real);
  return place.real.endsWith(origin) || mount.root === '/'
    ? unknown(`${inWords}, and where ${mount.point} comes from is not shown`)
    : known(false, `${inWords}, and ${mount.point} is ${mount.root} of another file system`);
}

/** Whether a process that may be the engine is here too, so that a container around this process means nothing. */
async function hasCandidates({ kind }: Engine): Promise<boolean> {
  const owners = [...new Set([0, process.geteuid?.() ?? 0])];
  const found = await Promise.all(owners.map((owner) => engineCandidates(kind, owner)));
  return found.flat().length > 0;
}

/** Returns `undefined` where the engine does not have the container, as when another engine made it. */
async function mountsOfContainer(
  engine: Engine,
  id: string,
  signal: AbortSignal | undefined,
): Promise<readonly InspectedMount[] | undefined> {
  try {
    return (await engine.containers.inspect(id, { signal })).mounts;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

function byEngine(
  mounts: readonly InspectedMount[],
  mount: Mount,
  { path, real }: Place,
  id: string,
): Fact<boolean> {
  const evidence = `GET /containers/${id.slice(0, 12)}/json`;
  const from = covering(
    mounts.map((each) => ({ ...each, point: each.target })),
    real,
  );
  if (from?.point !== mount.point) {
    return known(false, `${evidence}: ${path} is in the container's own file system`);
  }
  const source = join(from.source, below(from.point, real) ?? '');
  return known(
    source === path || source === real,
    `${evidence}: ${from.point} is ${from.source || from.type}`,
  );
}
