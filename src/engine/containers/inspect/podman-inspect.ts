import { constants } from 'node:os';
import { withDigestPrefix } from '../../answer.ts';
import { capabilityName } from '../../../linux/capabilities.ts';
import type { InspectedContainer } from './inspected-container.ts';
import { readAlike, readConfigAlike } from './inspect-parts.ts';
import type { PodmanInspect } from './podman-inspect-schema.ts';

/**
 * Converts libpod's answer to our type. The Docker-compatible answer hides the runtime and what became of the
 * capabilities.
 */
export function fromPodmanInspect(answer: PodmanInspect, raw: unknown): InspectedContainer {
  const { Config: config, HostConfig: host } = answer;
  const alike = readAlike(answer);
  return {
    ...alike,
    name: answer.Name,
    imageId: withDigestPrefix(answer.Image),
    image: answer.ImageName,
    config: {
      ...readConfigAlike(config),
      entrypoint: config.Entrypoint,
      cmd: config.Cmd,
      stopSignal: signalName(config.StopSignal ?? ''),
    },
    runtime: answer.OCIRuntime,
    networkDisabled: host.NetworkMode === 'none',
    // Podman 5 lists a mode that is no network, such as `pasta`, too.
    endpoints: alike.endpoints.filter(({ network }) => network !== host.NetworkMode),
    effectiveCaps: answer.EffectiveCaps.map(capabilityName),
    boundingCaps: answer.BoundingCaps.map(capabilityName),
    noNewPrivileges: host.SecurityOpt.includes('no-new-privileges'),
    cgroupnsMode: host.CgroupMode,
    annotations: config.Annotations,
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
