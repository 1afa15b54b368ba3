import type { ContainerStats, ContainerSummary, Engine, NetworkEndpoint } from '../../engine/index.ts';
import type { hostLabels } from '../../host/index.ts';
import { command, type Context } from '../command.ts';
import type { RunningHost, SilentHost } from '../control/ask-hosts.ts';
import { exitCodes } from '../exit-codes.ts';
import { fieldFlag, formatFlag, printData } from '../output/document.ts';
import { plainText } from '../output/plain-text.ts';
import { shown, tableLines } from '../output/table.ts';
import { directoryFlag, directoryOf, type CatalogDirectory } from './directory.ts';
import { enginesFlag } from './engine-flag.ts';
import { closeEngines, everyEngine } from './every-engine.ts';
import { lazyModules } from '../lazy-modules.ts';

/** A plugin that runs or is about to; the form of the JSON. */
interface PluginProcess {
  readonly instance: string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  /** The state that its host reports or, when the host does not answer, the engine. */
  readonly state: string;
  readonly restarts?: number | undefined;
  readonly mounts?: number | undefined;
  readonly memory_bytes?: number | undefined;
  readonly cpu_seconds?: number | undefined;
  /** Process id of its host. */
  readonly pid?: number | undefined;
  /** Why a host is not answering. */
  readonly reason?: string | undefined;
  readonly container?: string | undefined;
  /** Its addresses in the networks that it is in; none without a network. */
  readonly addresses?: readonly NetworkEndpoint[] | undefined;
  readonly engine?: string | undefined;
}

const processFields: readonly (keyof PluginProcess)[] = [
  'instance',
  'type',
  'name',
  'version',
  'state',
  'restarts',
  'mounts',
  'memory_bytes',
  'cpu_seconds',
  'pid',
  'reason',
  'container',
  'addresses',
  'engine',
];

export const ps = command({
  name: 'ps',
  summary: 'the plugins that run: state, restarts, memory, CPU',
  details: [
    "Plugins of every host on the engines that are found, and on those that hosts of the directory have recorded; a Podman that ended with its host is started again to look. Restarts and mounts are known of hosts that run on the directory, with bulkhead run or in a program of one's own; of others the engine's word is shown. A host that does not answer within seconds is listed as that.",
    'JSON: [{ instance, type, name, version, state, restarts, mounts, memory_bytes, cpu_seconds, pid, container, addresses: [{ network, ipv4: { address, prefixLength, gateway }, ipv6 }], engine }].',
  ],
  examples: ['ps', 'ps -format=json'],
  flags: {
    engine: enginesFlag('only the engine at this socket (default: every engine that is found)'),
    directory: directoryFlag,
    field: fieldFlag,
    format: formatFlag,
  },
  async run({ flags }, context) {
    const directory = directoryOf(flags.directory, context);
    const { processes, failures } = await listProcesses(flags.engine, directory, context);
    const lines = () =>
      tableLines(
        [
          'Instance',
          'Plugin',
          'Version',
          'State',
          'Restarts',
          'Mounts',
          'Memory',
          'CPU',
          'Host PID',
          'Container',
        ],
        processes.map((each) => [
          shown(each.instance.slice(0, 8)),
          shown([each.type, each.name].filter((part) => part !== '').join('/')),
          shown(each.version),
          shown(each.state),
          shown(each.restarts),
          shown(each.mounts),
          each.memory_bytes === undefined ? 'n/a' : `${(each.memory_bytes / 2 ** 20).toFixed(1)} MiB`,
          each.cpu_seconds === undefined ? 'n/a' : `${each.cpu_seconds.toFixed(1)} s`,
          shown(each.pid),
          shown(each.container?.slice(0, 12)),
        ]),
      );
    const wanted = { field: flags.field, fields: processFields };
    printData(context.terminal, flags.format, processes, lines, wanted);
    for (const { pid, reason } of processes) {
      if (reason !== undefined)
        context.terminal.err(plainText(`Host ${pid ?? ''} is not answering: ${reason}`));
    }
    for (const failure of failures) context.terminal.err(plainText(`Not looked at: ${failure}`));
    return failures.length === 0 ? exitCodes.ok : exitCodes.environment;
  },
});

/** In a function of its own for the same reason as those of `lazyModules`. */
const hostInternals = () => import('../../host/internal.ts');

async function listProcesses(
  sockets: readonly string[],
  directory: CatalogDirectory,
  { signal, terminal }: Context,
): Promise<{ readonly processes: readonly PluginProcess[]; readonly failures: readonly string[] }> {
  const [{ running, silent }, places, { hostLabels, isProved, ownerKey, recordedEngines }] =
    await Promise.all([
      lazyModules.control().then(({ findHosts }) => findHosts(directory, { signal })),
      everyEngine(sockets, { signal }),
      hostInternals(),
    ]);
  try {
    const { key } = await ownerKey(directory);
    const failed = places.find(({ found }) => 'error' in found)?.found;
    if (failed !== undefined && 'error' in failed && sockets.length > 0) throw failed.error;
    const there = places.flatMap(({ found }) => ('engine' in found ? [found.engine] : []));
    const known = new Set(there.map(({ socketPath }) => `socket ${socketPath}`));
    await using recorded =
      sockets.length > 0 ? undefined : await recordedEngines(directory, { known, signal });
    const engines = [...there, ...(recorded?.opened ?? []).map(({ engine }) => engine)];
    const found = await Promise.all(
      engines.map(async (engine) => {
        const filters = { label: [hostLabels.instanceId] };
        const found = await engine.containers.list({ all: true, filters, signal });
        const ours = found.filter(({ labels, names }) => isProved(labels, names, key));
        // Launches without a host have no instance; the process that made them shows them.
        const unproved = found.filter((each) => !ours.includes(each) && each.labels[hostLabels.instanceId]);
        if (unproved.length > 0) terminal.err(plainText(notOurs(engine, unproved)));
        const instances = ours.filter(({ labels }) => labels[hostLabels.instanceId]);
        return Promise.all(
          instances.map((container) => seen(engine, container, hostLabels, running, signal)),
        );
      }),
    );
    // Two services on one storage show the same containers.
    const containers = new Map(found.flat().map((each) => [each.container, each]));
    const processes = [...containers.values()];
    const all = [...processes, ...withoutContainer(running, processes), ...silent.map(silentRow)];
    return {
      processes: all.sort((a, b) =>
        `${a.type}/${a.name}/${a.instance}` < `${b.type}/${b.name}/${b.instance}` ? -1 : 1,
      ),
      failures: recorded?.failures ?? [],
    };
  } finally {
    await closeEngines(places);
  }
}

/** The row of a host that does not say what it runs. */
function silentRow({ pid, reason }: SilentHost): PluginProcess {
  return { instance: '', type: '', name: '', version: '', state: 'not answering', pid, reason };
}

function notOurs(engine: Engine, containers: readonly ContainerSummary[]): string {
  const names = containers.map(({ id, names }) => names[0] ?? id.slice(0, 12)).slice(0, 10);
  return `Not shown: ${containers.length} on ${engine.socketPath} with labels that no host of this user has set: ${names.join(', ')}`;
}

type Labels = typeof hostLabels;

async function seen(
  engine: Engine,
  { id, state, labels }: ContainerSummary,
  names: Labels,
  hosts: readonly RunningHost[],
  signal: AbortSignal,
): Promise<PluginProcess> {
  const instance = labels[names.instanceId] ?? '';
  const told = snapshotOf(hosts, instance);
  const [stats, addresses] =
    state === 'running'
      ? await Promise.all([statsOf(engine, id, signal), addressesOf(engine, id, signal)])
      : [undefined, undefined];
  const pid = Number(labels[names.processId]);
  return {
    instance,
    type: labels[names.pluginType] ?? '',
    name: labels[names.pluginName] ?? '',
    version: labels[names.pluginVersion] ?? '',
    state: told?.state.name ?? state,
    restarts: told?.restarts,
    mounts: told?.mounts.length,
    memory_bytes: stats?.memoryBytes,
    cpu_seconds: stats && stats.cpuNanos / 1e9,
    pid: Number.isSafeInteger(pid) ? pid : undefined,
    container: id,
    addresses,
    engine: engine.socketPath,
  };
}

/** Instances without a container at this moment, or on an engine that was not asked. */
function withoutContainer(
  hosts: readonly RunningHost[],
  processes: readonly PluginProcess[],
): PluginProcess[] {
  return hosts.flatMap(({ state: { pid, instances } }) =>
    instances
      .filter(({ id }) => !processes.some(({ instance }) => instance === id))
      .map(({ id, type, name, version, state, restarts, mounts }) => ({
        instance: id,
        type,
        name,
        version,
        state: state.name,
        restarts,
        mounts: mounts.length,
        pid,
      })),
  );
}

function snapshotOf(hosts: readonly RunningHost[], instance: string) {
  return hosts.flatMap(({ state }) => state.instances).find(({ id }) => id === instance);
}

/** Returns `undefined` for a container that ends in the meantime. */
async function addressesOf(
  engine: Engine,
  id: string,
  signal: AbortSignal,
): Promise<readonly NetworkEndpoint[] | undefined> {
  try {
    const { endpoints } = await engine.containers.inspect(id, { signal });
    return endpoints.filter(({ ipv4, ipv6 }) => ipv4 !== undefined || ipv6 !== undefined);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Returns `undefined` for a container that ends in the meantime. */
async function statsOf(engine: Engine, id: string, signal: AbortSignal): Promise<ContainerStats | undefined> {
  try {
    return await engine.containers.stats(id, { signal });
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
