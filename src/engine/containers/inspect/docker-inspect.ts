import type { DockerInspect } from './docker-inspect-schema.ts';
import type { InspectedContainer } from './inspected-container.ts';
import { readAlike, readConfigAlike } from './inspect-parts.ts';

/** Converts Docker's answer to our type. */
export function fromDockerInspect(answer: DockerInspect, raw: unknown): InspectedContainer {
  const { Config: config, HostConfig: host } = answer;
  return {
    ...readAlike(answer),
    name: answer.Name.replace(/^\//, ''),
    imageId: answer.Image,
    image: config.Image,
    config: {
      ...readConfigAlike(config),
      entrypoint: config.Entrypoint,
      cmd: config.Cmd,
      stopSignal: config.StopSignal,
    },
    runtime: host.Runtime,
    networkDisabled: config.NetworkDisabled,
    noNewPrivileges: host.SecurityOpt.some((option) => /^no-new-privileges([=:]true)?$/.test(option)),
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
