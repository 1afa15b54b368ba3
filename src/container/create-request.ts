import type { LaunchStrategy } from '../compatibility/index.ts';
import { cleanPath, containerSocketDirectory } from '../compatibility/internal.ts';
import type { CreateContainerOptions, TmpfsMount } from '../engine/index.ts';
import { InvalidOptionError } from '../errors.ts';
import type { TmpfsOptions } from '../settings/container-settings.ts';
import { passedDefaults, passedSettings } from '../settings/setting-list.ts';
import { labelsFor, type PluginContainerOptions } from './options.ts';

export { containerSocketDirectory };

/** Size of `/dev/shm`, and of a tmpfs for which none is given. */
const defaultTmpfsBytes = 64 << 20;

export interface CreateRequestParts {
  readonly name: string;
  /** Id of the inspected image, so that the container runs exactly the image that was inspected. */
  readonly imageId: string;
  readonly options: PluginContainerOptions;
  readonly strategy: LaunchStrategy;
  /** The plugin's own folder for sockets, on the host. */
  readonly pluginFolder: string;
  /** The variables of go-plugin. */
  readonly environment: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** The create request for one plugin's container. The strategy decides; everything else is denied by default. */
export function createRequest(parts: CreateRequestParts): CreateContainerOptions {
  const { options, strategy } = parts;
  const passed = { ...passedDefaults, ...passedSettings(strategy) };
  const { volumes = [] } = strategy;
  const volumePaths = volumes.map(({ path }) => path);
  return withoutUndefined({
    name: parts.name,
    image: parts.imageId,
    entrypoint: options.entrypoint,
    // Engines take an empty list for none, and leave the image's command as it is.
    cmd: options.args?.length === 0 ? undefined : options.args,
    env: pluginEnvironment(parts),
    labels: { ...labelsFor(options.labels, parts.name), ...parts.labels },
    user: strategy.user,
    workingDirectory: passed.workingDirectory,
    runtime: strategy.runtime,
    network: passed.network,
    networkDisabled: passed.network === 'none',
    ipcMode: 'private',
    shmSize: defaultTmpfsBytes,
    cgroupnsMode: strategy.sharesCgroupNamespace === true ? undefined : 'private',
    capDrop: ['ALL'],
    capAdd: [...strategy.capabilities],
    noNewPrivileges: strategy.noNewPrivileges,
    seccomp: passed.seccomp,
    selinuxLabel: strategy.selinux?.label === 'disabled' ? ('disable' as const) : undefined,
    readOnlyRootFilesystem: passed.readOnlyRootFilesystem,
    groupAdd: [...strategy.groups],
    mounts: [
      {
        type: 'bind',
        source: parts.pluginFolder,
        target: containerSocketDirectory,
        readOnly: false,
        propagation: 'rprivate',
        ...(strategy.selinux?.relabel === true && { relabel: 'private' as const }),
      },
      ...(passed.tmpfs ?? []).filter(({ path }) => !volumePaths.includes(cleanPath(path))).map(tmpfsMount),
      ...volumes.map((volume) => ({ ...tmpfsMount(volume), replacesVolume: true })),
    ],
    memoryBytes: strategy.memoryBytes,
    // Engines allow the same amount again in swap by default, so that a plugin could take twice its limit from the
    // host.
    memorySwapBytes: strategy.memoryBytes,
    cpuNanos: passed.cpuNanos,
    pidsLimit: strategy.pidsLimit,
    ulimits: ulimitsOf(parts),
    cgroupParent: passed.cgroupParent,
    // The output is read by attaching; the engine keeps none of it on its disk.
    logDriver: 'none',
    stopSignal: strategy.stopSignal,
    annotations: strategy.annotations,
    openStdin: false,
    tty: false,
    // A health check is a program of the image that the engine would run beside the plugin again and again.
    noHealthcheck: true,
    restartPolicy: { name: 'no' },
  });
}

function tmpfsMount(tmpfs: TmpfsOptions): Defined<TmpfsMount> {
  return withoutUndefined({
    type: 'tmpfs' as const,
    target: tmpfs.path,
    sizeBytes: tmpfs.sizeBytes === 'unlimited' ? undefined : (tmpfs.sizeBytes ?? defaultTmpfsBytes),
    mode: tmpfs.mode ?? 0o1777,
    noExec: tmpfs.exec === true ? false : undefined,
  });
}

/** The strategy's limits take precedence over requested ones. */
function ulimitsOf({ options, strategy }: CreateRequestParts): CreateContainerOptions['ulimits'] {
  const needed = new Set<string>(strategy.ulimits.map(({ name }) => name));
  const ulimits = [...strategy.ulimits, ...(options.ulimits ?? []).filter(({ name }) => !needed.has(name))];
  return ulimits.length === 0 ? undefined : ulimits;
}

function pluginEnvironment(parts: CreateRequestParts): Record<string, string> {
  const given = parts.options.env ?? {};
  for (const name of Object.keys(given)) {
    if (name.startsWith('PLUGIN_') || name in parts.environment) {
      throw new InvalidOptionError('env', `${name} is set by the go-plugin protocol and can't be given`);
    }
    if (name === '' || name.includes('=') || name.includes('\0')) {
      throw new InvalidOptionError(
        'env',
        `${JSON.stringify(name.replace(/=.*/s, '=...'))} is not the name of a variable`,
      );
    }
  }
  return {
    ...blankVariables(parts),
    ...given,
    ...parts.environment,
    PLUGIN_UNIX_SOCKET_DIR: containerSocketDirectory,
    // Always set: only with a group does a go-plugin server chmod its socket so that the host may connect.
    PLUGIN_UNIX_SOCKET_GROUP: String(parts.strategy.socketGid),
  };
}

/** Takes away what the image says about variables that are not its own to set. go-plugin takes empty for unset. */
function blankVariables({ strategy }: CreateRequestParts): Record<string, string> {
  return Object.fromEntries((strategy.blankVariables ?? []).map((name) => [name, '']));
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Defined<T>;
}
