/** What the kernel counts in a container's cgroup (version 2): it tells an end for want of memory where engines do not. */
import { readFileSync, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { whenAborted } from '../abort.ts';
import type { Engine, EngineInfo } from '../engine/index.ts';
import { hostIdOfRoot } from '../linux/id-map.ts';
import { readProcFile } from '../linux/process-status.ts';

const cgroupRoot = '/sys/fs/cgroup';
const eventsFile = 'memory.events';
const longestFile = 64 * 1024;

/** What was seen of a container's cgroup while it was there: the kernel removes it together with the container. */
export interface MemoryEvents {
  /**
   * This says whether the kernel killed a process in it for want of memory. The kernel tells of events at most every ten
   * milliseconds, and the last may come when the cgroup is gone. Then it counts that the container had met its limit, and
   * that the cgroup above it, in which its kills are counted too, has one more.
   */
  readonly killed: boolean;
}

/** These are counts that the kernel keeps of a cgroup. */
export interface MemoryCounts {
  /** How often its limit was met. */
  readonly limited: number;
  /** How many processes were killed for want of memory. */
  readonly kills: number;
}

/**
 * Follows the kernel's count in the cgroup of a container that runs under this host's kernel. Where it can't be seen,
 * nothing was.
 *
 * @param signal ends it
 */
export function watchMemoryEvents(
  engine: Pick<Engine, 'containers' | 'info' | 'kind' | 'rootless'>,
  id: string,
  signal: AbortSignal,
): MemoryEvents {
  const events = new FollowedEvents();
  if (engine.info.cgroupVersion === '2') {
    void cgroupOf(engine, id, signal)
      .then((folder) => {
        if (folder !== undefined) events.follow(folder, signal);
      })
      .catch(() => undefined); // it has ended already, or this user may not see it
  }
  return events;
}

/** Counts are read at once when they change: the file goes with the last process, and the kernel answers without waiting. */
export class FollowedEvents implements MemoryEvents {
  #seen: MemoryCounts = { limited: 0, kills: 0 };
  #above: { readonly file: string; readonly before: number } | undefined;

  get killed(): boolean {
    if (this.#seen.kills > 0) return true;
    if (this.#seen.limited === 0 || this.#above === undefined) return false;
    return (countsIn(this.#above.file)?.kills ?? 0) > this.#above.before;
  }

  /** @param folder the cgroup. @throws the system's error where its counts can't be followed */
  follow(folder: string, signal: AbortSignal): void {
    signal.throwIfAborted();
    const file = join(folder, eventsFile);
    const above = join(dirname(folder), eventsFile);
    const before = countsIn(above)?.kills;
    if (before !== undefined) this.#above = { file: above, before };
    const look = (): void => {
      this.#seen = countsIn(file) ?? this.#seen; // what was seen last stays when it is gone
    };
    const watcher = watch(file, { persistent: false }, look);
    watcher.on('error', () => {
      watcher.close();
    });
    whenAborted(signal, () => {
      watcher.close();
    });
    look();
  }
}

async function cgroupOf(
  engine: Pick<Engine, 'containers' | 'info' | 'kind' | 'rootless'>,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const usual = usualCgroup(engine, id);
  if (usual !== undefined && (await isFolder(join(cgroupRoot, usual)))) return join(cgroupRoot, usual);
  const { state } = await engine.containers.inspect(id, { signal });
  if (state.pid <= 0) return undefined;
  const path = cgroupPath(await readProcFile(`/proc/${state.pid}/cgroup`, longestFile), id);
  return path === undefined ? undefined : join(cgroupRoot, path);
}

/**
 * Returns where an engine puts the cgroup of a container unless it is told otherwise; `undefined` where that is not known. The
 * engine need not be asked where that is there: its name holds the id of the container.
 */
export function usualCgroup(
  {
    kind,
    rootless,
    info: { cgroupDriver, idMappings },
  }: Pick<Engine, 'kind' | 'rootless'> & {
    readonly info: Pick<EngineInfo, 'cgroupDriver' | 'idMappings'>;
  },
  id: string,
): string | undefined {
  const isSystemd = cgroupDriver === 'systemd';
  const scope = `${kind === 'docker' ? 'docker' : 'libpod'}-${id}.scope`;
  if (rootless) {
    const uid = hostIdOfRoot(idMappings?.uids) ?? process.geteuid?.();
    return isSystemd && uid !== undefined
      ? `/user.slice/user-${uid}.slice/user@${uid}.service/user.slice/${scope}`
      : undefined;
  }
  if (kind === 'docker') return isSystemd ? `/system.slice/${scope}` : `/docker/${id}`;
  return isSystemd ? `/machine.slice/${scope}` : `/libpod_parent/libpod-${id}`;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * The cgroup of a container by the file of its process. One whose name is not the container's is that of another
 * process, which has the same number here.
 */
export function cgroupPath(text: string, id: string): string | undefined {
  const path = /^0::(\/.*)$/m.exec(text)?.[1];
  if (path === undefined || path.split('/').includes('..') || !path.includes(id)) return undefined;
  // What a runtime makes below it counts for it too, and goes before it.
  const end = path.indexOf('/', path.indexOf(id));
  return end === -1 ? path : path.slice(0, end);
}

function countsIn(file: string): MemoryCounts | undefined {
  try {
    return countsOf(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // it is gone
  }
}

/** cgroup-v2.rst: `oom_kill` counts the processes that were killed; `oom_group_kill` the times that all were. */
export function countsOf(text: string): MemoryCounts {
  const count = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { limited: count('max') + count('oom'), kills: count('oom_kill') + count('oom_group_kill') };
}
