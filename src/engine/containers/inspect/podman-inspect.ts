import { constants } from 'node:os';
import { withDigestPrefix } from '../../answer.ts';
import { capabilityName } from '../../../linux/capabilities.ts';
import type { InspectedContainer } from './inspected-container.ts';
import { readDevices, readMounts, readPorts, readState, readUlimits } from './inspect-parts.ts';
import type { PodmanInspect } from './podman-inspect-schema.ts';

/** libpod's answer in our words. The Docker-compatible one hides the runtime and what became of the capabilities. */
export function fromPodmanInspect(answer: PodmanInspect, raw: unknown): InspectedContainer {
  const { Config: config, HostConfig: host } = answer;
  return {
    id: answer.Id,
    name: answer.Name,
    imageId: withDigestPrefix(answer.Image),
    image: answer.ImageName,
    createdAt: new Date(answer.Created),
    state: readState(answer.State),
    restartCount: answer.RestartCount,
    config: {
      hostname: config.Hostname,
      user: config.User,
      env: config.Env,
      labels: config.Labels,
      entrypoint: config.Entrypoint,
      cmd: config.Cmd,
      workingDir: config.WorkingDir,
      tty: config.Tty,
      openStdin: config.OpenStdin,
      stopSignal: signalName(config.StopSignal ?? ''),
      ...(config.StopTimeout != null && { stopTimeout: config.StopTimeout }),
      healthcheck: config.Healthcheck?.Test ?? [],
    },
    runtime: answer.OCIRuntime,
    networkMode: host.NetworkMode,
    networkDisabled: host.NetworkMode === 'none',
    networks: Object.keys(answer.NetworkSettings?.Networks ?? {}),
    publishedPorts: readPorts(host),
    extraHosts: host.ExtraHosts,
    dns: host.Dns,
    readonlyRootfs: host.ReadonlyRootfs,
    capAdd: host.CapAdd.map(capabilityName),
    capDrop: host.CapDrop.map(capabilityName),
    effectiveCaps: answer.EffectiveCaps.map(capabilityName),
    boundingCaps: answer.BoundingCaps.map(capabilityName),
    noNewPrivileges: host.SecurityOpt.includes('no-new-privileges'),
    securityOpt: host.SecurityOpt,
    apparmorProfile: answer.AppArmorProfile,
    processLabel: answer.ProcessLabel,
    groupAdd: host.GroupAdd,
    memory: host.Memory,
    memorySwap: host.MemorySwap,
    nanoCpus: host.NanoCpus,
    pidsLimit: Math.max(0, host.PidsLimit),
    ulimits: readUlimits(host.Ulimits),
    cgroupParent: host.CgroupParent,
    ipcMode: host.IpcMode,
    shmSize: host.ShmSize,
    pidMode: host.PidMode,
    utsMode: host.UTSMode,
    cgroupnsMode: host.CgroupMode,
    usernsMode: host.UsernsMode,
    oomScoreAdj: host.OomScoreAdj,
    logDriver: host.LogConfig.Type,
    autoRemove: host.AutoRemove,
    restartPolicy: host.RestartPolicy?.Name ?? '',
    init: host.Init,
    oomKillDisable: host.OomKillDisable,
    mounts: readMounts(answer.Mounts, host.Tmpfs),
    annotations: config.Annotations,
    privileged: host.Privileged,
    devices: readDevices(host.Devices),
    deviceRequests: 0,
    deviceCgroupRules: [],
    sysctls: {},
    storageOptions: {},
    sharedWith: [...host.VolumesFrom, ...host.Links, ...(answer.Pod === '' ? [] : [`pod ${answer.Pod}`])],
    extras: [
      ...(config.SystemdMode ? ['systemd'] : []),
      ...(config.Secrets.length > 0 ? ['secrets'] : []),
      ...(['', 'default'].includes(host.Cgroups) ? [] : [`cgroups ${host.Cgroups}`]),
    ],
    raw,
  };
}

function signalName(signal: string | number): string {
  const number = Number(signal);
  if (Number.isNaN(number) || signal === '') return String(signal);
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? String(signal);
}
