import { posix } from 'node:path';
import type { DockerInspect } from './docker-inspect-schema.ts';
import type { InspectedContainer } from './inspected-container.ts';
import { readAlike, readConfigAlike } from './inspect-parts.ts';

/** Converts Docker's answer to our type. */
export function fromDockerInspect(answer: DockerInspect, raw: unknown): InspectedContainer {
  const { Config: config, HostConfig: host } = answer;
  return {
    ...readAlike({ ...answer, Mounts: answer.Mounts.map((mount) => withAskedOptions(mount, host.Mounts)) }),
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

type MadeMount = DockerInspect['Mounts'][number];

/** Adds to a tmpfs among the mounts the options that it was asked for, and those that Docker gives to each of them. */
function withAskedOptions(
  mount: MadeMount,
  asked: DockerInspect['HostConfig']['Mounts'],
): MadeMount & { readonly Options?: readonly string[] } {
  if (mount.Type !== 'tmpfs') return mount;
  const options = asked.find(
    ({ Type, Target }) =>
      Type === 'tmpfs' && posix.normalize(`${Target}/`) === posix.normalize(`${mount.Destination}/`),
  )?.TmpfsOptions;
  const { SizeBytes = 0, Mode = 0, Options = [] } = options ?? {};
  const words = Options.map((option) => option.join('='));
  return {
    ...mount,
    Options: [
      mount.RW ? 'rw' : 'ro',
      'nosuid',
      'nodev',
      ...(words.includes('exec') ? [] : ['noexec']),
      ...(SizeBytes === 0 ? [] : [`size=${SizeBytes}`]),
      ...(Mode === 0 ? [] : [`mode=${Mode.toString(8)}`]),
      ...words,
    ],
  };
}
