import type { DockerInspect } from './docker-inspect-schema.ts';
import type { InspectedContainer } from './inspected-container.ts';
import { readConfigAlike, readHostAlike, readMounts, readState } from './inspect-parts.ts';

/** Converts Docker's answer to our type. */
export function fromDockerInspect(answer: DockerInspect, raw: unknown): InspectedContainer {
  const { Config: config, HostConfig: host } = answer;
  return {
    id: answer.Id,
    name: answer.Name.replace(/^\//, ''),
    imageId: answer.Image,
    image: config.Image,
    createdAt: new Date(answer.Created),
    state: readState(answer.State),
    restartCount: answer.RestartCount,
    config: {
      ...readConfigAlike(config),
      entrypoint: config.Entrypoint,
      cmd: config.Cmd,
      stopSignal: config.StopSignal,
    },
    runtime: host.Runtime,
    ...readHostAlike(host),
    mounts: readMounts(answer.Mounts, host.Tmpfs),
    networkDisabled: config.NetworkDisabled,
    networks: Object.keys(answer.NetworkSettings?.Networks ?? {}),
    noNewPrivileges: host.SecurityOpt.some((option) => /^no-new-privileges([=:]true)?$/.test(option)),
    apparmorProfile: answer.AppArmorProfile,
    processLabel: answer.ProcessLabel,
    maskedPaths: host.MaskedPaths,
    readonlyPaths: host.ReadonlyPaths,
    cgroupnsMode: host.CgroupnsMode,
    annotations: host.Annotations,
    deviceRequests: host.DeviceRequests.length,
    deviceCgroupRules: host.DeviceCgroupRules,
    sysctls: host.Sysctls,
    storageOptions: host.StorageOpt,
    sharedWith: [...host.VolumesFrom, ...host.Links],
    extras: [],
    raw,
  };
}
