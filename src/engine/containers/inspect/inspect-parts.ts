import type { z } from 'zod';
import { capabilityName } from '../../../linux/capabilities.ts';
import type { Ulimit } from '../create/create-container.ts';
import type {
  ContainerState,
  InspectedDevice,
  InspectedMount,
  NetworkAddress,
  NetworkEndpoint,
} from './inspected-container.ts';
import type {
  answerAlike,
  configAlike,
  hostConfigAlike,
  deviceShape,
  endpointShape,
  mountShape,
  portsShape,
  stateShape,
  ulimitShape,
} from './inspect-shapes.ts';

/** Podman has states of its own; seen from outside, each of them equals one of Docker's. */
const podmanStates: Readonly<Record<string, ContainerState['status']>> = {
  configured: 'created',
  initialized: 'created',
  stopped: 'exited',
  stopping: 'running',
};

function readState(state: z.infer<typeof stateShape>): ContainerState {
  return {
    status: podmanStates[state.Status] ?? (state.Status as ContainerState['status']),
    running: state.Running,
    pid: state.Pid,
    exitCode: state.ExitCode,
    error: state.Error,
    oomKilled: state.OOMKilled,
    ...(state.StartedAt && { startedAt: state.StartedAt }),
    ...(state.FinishedAt && { finishedAt: state.FinishedAt }),
  };
}

/** Reads the mounts. Both engines list simple tmpfs mounts apart from the others. */
function readMounts(
  mounts: AnswerAlike['Mounts'],
  tmpfs: Readonly<Record<string, string>>,
): InspectedMount[] {
  const listed = mounts.map((mount) => ({
    type: mount.Type,
    source: mount.Source,
    target: mount.Destination,
    readOnly: !mount.RW,
    propagation: mount.Propagation,
    // Podman lists its options, and tells apart from them whether the source was relabelled.
    options: [...(mount.Options ?? []), ...mount.Mode.split(',').filter((option) => option !== '')],
  }));
  const inMemory = Object.entries(tmpfs).map(([target, text]) => {
    const options = text.split(',').filter((option) => option !== '');
    return { type: 'tmpfs', source: '', target, readOnly: options.includes('ro'), propagation: '', options };
  });
  return [...listed, ...inMemory];
}

export function readUlimits(ulimits: readonly z.infer<typeof ulimitShape>[]): Ulimit[] {
  return ulimits.map(({ Name, Soft, Hard }) => ({
    name: Name.replace(/^RLIMIT_/, '').toLowerCase(),
    soft: readLimit(Soft),
    hard: readLimit(Hard),
  }));
}

/** The kernel's RLIM_INFINITY, which is the largest number of 64 bits, is -1 as in a request. */
function readLimit(limit: number): number {
  return limit >= 2 ** 63 ? -1 : limit;
}

export function readDevices(devices: readonly z.infer<typeof deviceShape>[]): InspectedDevice[] {
  return devices.map((device) => ({
    hostPath: device.PathOnHost,
    containerPath: device.PathInContainer,
    permissions: device.CgroupPermissions,
  }));
}

export function readPorts(host: {
  readonly PublishAllPorts: boolean;
  readonly PortBindings?: z.infer<typeof portsShape>;
}): string[] {
  return [...Object.keys(host.PortBindings ?? {}), ...(host.PublishAllPorts ? ['all'] : [])];
}

/** Reads the part of the answer, beside the container's configuration, that both engines describe alike. */
export function readAlike(answer: AnswerAlike) {
  const { HostConfig: host } = answer;
  return {
    id: answer.Id,
    createdAt: new Date(answer.Created),
    state: readState(answer.State),
    restartCount: answer.RestartCount,
    ...readHostAlike(host),
    mounts: readMounts(answer.Mounts, host.Tmpfs),
    networks: Object.keys(answer.NetworkSettings?.Networks ?? {}),
    endpoints: readEndpoints(answer.NetworkSettings?.Networks),
    apparmorProfile: answer.AppArmorProfile,
    processLabel: answer.ProcessLabel,
    mountLabel: answer.MountLabel,
  };
}

export function readEndpoints(
  networks: Readonly<Record<string, z.infer<typeof endpointShape>>> | null | undefined,
): NetworkEndpoint[] {
  return Object.entries(networks ?? {}).map(([network, endpoint]) => ({
    network,
    ...(endpoint?.NetworkID && { networkId: endpoint.NetworkID }),
    ...(endpoint?.IPAddress && {
      ipv4: readAddress(endpoint.IPAddress, endpoint.IPPrefixLen, endpoint.Gateway),
    }),
    ...(endpoint?.GlobalIPv6Address && {
      ipv6: readAddress(endpoint.GlobalIPv6Address, endpoint.GlobalIPv6PrefixLen, endpoint.IPv6Gateway),
    }),
    ...(endpoint?.MacAddress && { macAddress: endpoint.MacAddress }),
  }));
}

function readAddress(address: string, prefixLength: number, gateway: string): NetworkAddress {
  return { address, prefixLength, ...(gateway !== '' && { gateway }) };
}

/** Reads the part of the configuration that both engines describe alike. */
export function readConfigAlike(config: ConfigAlike) {
  return {
    hostname: config.Hostname,
    user: config.User,
    env: config.Env,
    labels: config.Labels,
    workingDirectory: config.WorkingDir,
    tty: config.Tty,
    openStdin: config.OpenStdin,
    ...(config.StopTimeout != null && { stopTimeout: config.StopTimeout }),
    healthcheck: config.Healthcheck?.Test ?? [],
  };
}

function readHostAlike(host: HostConfigAlike) {
  return {
    network: host.NetworkMode,
    publishedPorts: readPorts(host),
    extraHosts: host.ExtraHosts,
    dns: host.Dns,
    readOnlyRootFilesystem: host.ReadonlyRootfs,
    capAdd: host.CapAdd.map(capabilityName),
    capDrop: host.CapDrop.map(capabilityName),
    securityOpt: host.SecurityOpt,
    groupAdd: host.GroupAdd,
    memoryBytes: host.Memory,
    memorySwapBytes: host.MemorySwap,
    cpuNanos: host.NanoCpus,
    pidsLimit: Math.max(0, host.PidsLimit),
    ulimits: readUlimits(host.Ulimits),
    cgroupParent: host.CgroupParent,
    ipcMode: host.IpcMode,
    shmSize: host.ShmSize,
    pidMode: host.PidMode,
    utsMode: host.UTSMode,
    usernsMode: host.UsernsMode,
    oomScoreAdj: host.OomScoreAdj,
    logDriver: host.LogConfig.Type,
    autoRemove: host.AutoRemove,
    restartPolicy: host.RestartPolicy?.Name ?? '',
    init: host.Init,
    oomKillDisable: host.OomKillDisable,
    privileged: host.Privileged,
    devices: readDevices(host.Devices),
  };
}

type AnswerAlike = z.infer<z.ZodObject<typeof answerAlike>> & {
  readonly HostConfig: HostConfigAlike;
  readonly Mounts: readonly (z.infer<typeof mountShape> & { readonly Options?: readonly string[] })[];
};
type ConfigAlike = z.infer<z.ZodObject<typeof configAlike>>;
type HostConfigAlike = z.infer<z.ZodObject<typeof hostConfigAlike>>;
