import { cleanPath, isPlainAnnotation } from '../../compatibility/internal.ts';
import {
  absent,
  anything,
  isPodman,
  same,
  show,
  type AttestedSetting,
  type Given,
  type Sides,
} from './setting.ts';

/** The settings that limit what the container may use, and decide what it gets of the host. */
export const resourceSettings: readonly AttestedSetting[] = [
  // The engine may set a limit of its own where none was requested.
  same(
    'memory',
    ['memoryBytes'],
    ({ asked }) => asked.memoryBytes ?? anything,
    ({ made }) => made.memoryBytes,
  ),
  same(
    'memory and swap',
    ['memorySwapBytes'],
    ({ asked }) => asked.memorySwapBytes ?? anything,
    (given) => (isSwapUncounted(given) ? given.asked.memorySwapBytes : given.made.memorySwapBytes),
  ),
  same(
    'CPU',
    ['cpuNanos'],
    (given) => (given.asked.cpuNanos === undefined ? anything : cpuShare(given.asked.cpuNanos, given)),
    (given) => cpuShare(given.made.cpuNanos, given),
  ),
  same(
    'pids',
    ['pidsLimit'],
    ({ asked }) => (asked.pidsLimit !== undefined && asked.pidsLimit > 0 ? asked.pidsLimit : anything),
    ({ made }) => made.pidsLimit,
  ),
  same(
    'shared memory',
    ['shmSize'],
    ({ asked }) => asked.shmSize ?? anything,
    ({ made }) => made.shmSize,
  ),
  { name: 'ulimit', options: ['ulimits'], compare: compareUlimits },
  same(
    'out-of-memory score',
    ['oomScoreAdj'],
    ({ asked }) => `${asked.oomScoreAdj ?? 0} or more`,
    // Rootless engines raise it to their own.
    ({ asked, made }) =>
      made.oomScoreAdj >= (asked.oomScoreAdj ?? 0) ? `${asked.oomScoreAdj ?? 0} or more` : made.oomScoreAdj,
  ),
  same(
    'killed when out of memory',
    [],
    () => true,
    ({ made }) => !made.oomKillDisable,
  ),
  same(
    'cgroup parent',
    ['cgroupParent'],
    ({ asked }) => (asked.cgroupParent === undefined ? "the engine's own" : cleanPath(asked.cgroupParent)),
    ({ asked, made }) => {
      if (asked.cgroupParent !== undefined) return cleanPath(made.cgroupParent);
      return ownParents.includes(made.cgroupParent) ? "the engine's own" : made.cgroupParent;
    },
  ),
  same(
    'log driver',
    ['logDriver'],
    ({ asked }) => asked.logDriver ?? anything,
    ({ made }) => made.logDriver,
  ),
  same(
    'restart policy',
    ['restartPolicy'],
    ({ asked }) => asked.restartPolicy?.name ?? 'no',
    ({ made }) => made.restartPolicy || 'no',
  ),
  same(
    'automatic removal',
    [],
    () => false,
    ({ made }) => made.autoRemove,
  ),
  { name: 'annotation', options: ['annotations'], compare: compareAnnotations },
  absent('devices', ({ made }) => made.devices.map(({ hostPath }) => hostPath)),
  absent('device requests', ({ made }) => (made.deviceRequests === 0 ? [] : [String(made.deviceRequests)])),
  absent('device rules', ({ made }) => made.deviceCgroupRules),
  absent('kernel parameters', ({ made }) => Object.keys(made.sysctls)),
  absent('storage options', ({ made }) => Object.keys(made.storageOptions)),
];

/** Parents that engines use when a request names none: moby `daemon_unix.go`, podman `runtime_ctr.go`. */
const ownParents = [
  '',
  '/docker',
  'system.slice',
  'machine.slice',
  'user.slice',
  '/libpod_parent',
  'libpod_parent',
];

/** Podman keeps a share of the CPU as microseconds of each tenth of a second, and rounds it to them. */
function cpuShare(nanos: number, given: Given): number {
  return isPodman(given) ? Math.round(nanos / 10_000) * 10_000 : nanos;
}

/** Whether the kernel does not count swap, and so can't limit it: the engine then drops this limit and says so. */
function isSwapUncounted(given: Given): boolean {
  const { engine, made } = given;
  if (engine === undefined || made.memorySwapBytes > 0) return false;
  return isPodman(given) ? engine.info.cgroupVersion === '1' : engine.info.swapLimit !== true;
}

/**
 * Engines may set restricting limits of their own. These two limits instead allow a process to take more than others.
 */
const priorities = ['rtprio', 'nice'];

function compareUlimits({ asked, made }: Given): readonly Sides[] {
  const wanted = new Map((asked.ulimits ?? []).map((limit) => [limit.name, limit]));
  const found = new Map(made.ulimits.map((limit) => [limit.name, limit]));
  const pair = (limit: { readonly soft: number; readonly hard: number } | undefined) =>
    show(limit && `${limit.soft}:${limit.hard}`);
  return [...new Set([...wanted.keys(), ...priorities.filter((name) => found.has(name))])]
    .map((name) => ({ part: name, asked: pair(wanted.get(name)), made: pair(found.get(name)) }))
    .filter((sides) => sides.asked !== sides.made);
}

/** Annotations in which Podman records facts about the container. */
const notesOfPodman =
  /^(io\.container\.manager|io\.kubernetes\.cri-o\.Created|org\.opencontainers\.image\.stopSignal|io\.podman\.annotations\.(pids-limit|cid-file))$/;
/** Annotations in which Podman records what it was asked not to do. */
const refusalsOfPodman = /^io\.podman\.annotations\.(autoremove|init|privileged|publish-all)$/;

function compareAnnotations(given: Given): readonly Sides[] {
  const { asked, made } = given;
  const wanted = asked.annotations ?? {};
  const isNote = (name: string): boolean =>
    notesOfPodman.test(name) || (refusalsOfPodman.test(name) && made.annotations[name] === 'FALSE');
  return [...new Set([...Object.keys(wanted), ...Object.keys(made.annotations)])]
    .filter((name) => wanted[name] !== made.annotations[name])
    .filter(
      (name) => wanted[name] !== undefined || !isPodman(given) || !(isNote(name) || isPlainAnnotation(name)),
    )
    .map((name) => ({ part: name, asked: show(wanted[name]), made: show(made.annotations[name]) }));
}
