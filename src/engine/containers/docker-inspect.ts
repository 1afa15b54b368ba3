import { withoutCapPrefix } from './capabilities.ts';
import type { DockerInspect } from './docker-inspect-schema.ts';
import type { InspectedContainer } from './inspect-container.ts';
import { readDevices, readMounts, readState, readUlimits } from './inspect-parts.ts';

/** Docker's answer in our words. */
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
      hostname: config.Hostname,
      user: config.User,
      env: config.Env,
      labels: config.Labels,
      entrypoint: config.Entrypoint,
      cmd: config.Cmd,
      workingDir: config.WorkingDir,
      tty: config.Tty,
      openStdin: config.OpenStdin,
      stopSignal: config.StopSignal,
      ...(config.StopTimeout != null && { stopTimeout: config.StopTimeout }),
    },
    runtime: host.Runtime,
    networkMode: host.NetworkMode,
    networkDisabled: config.NetworkDisabled,
    readonlyRootfs: host.ReadonlyRootfs,
    capAdd: host.CapAdd.map(withoutCapPrefix),
    capDrop: host.CapDrop.map(withoutCapPrefix),
    noNewPrivileges: host.SecurityOpt.some((option) => /^no-new-privileges([=:]true)?$/.test(option)),
    securityOpt: host.SecurityOpt,
    groupAdd: host.GroupAdd,
    memory: host.Memory,
    memorySwap: host.MemorySwap,
    nanoCpus: host.NanoCpus,
    pidsLimit: Math.max(0, host.PidsLimit),
    ulimits: readUlimits(host.Ulimits),
    cgroupParent: host.CgroupParent,
    ipcMode: host.IpcMode,
    cgroupnsMode: host.CgroupnsMode,
    usernsMode: host.UsernsMode,
    oomScoreAdj: host.OomScoreAdj,
    logDriver: host.LogConfig.Type,
    autoRemove: host.AutoRemove,
    mounts: readMounts(answer.Mounts, host.Tmpfs),
    annotations: host.Annotations,
    privileged: host.Privileged,
    devices: readDevices(host.Devices),
    raw,
  };
}
