import type { EngineClient } from '../../client.ts';
import { capabilityName } from '../../../linux/capabilities.ts';
import type { BindMount, CreateContainerOptions, Mount, TmpfsMount } from './create-container.ts';
import { tmpfsOptions } from './tmpfs-options.ts';

/**
 * Refuses options that the agreed API version would silently drop. The first versions are from Docker's API history.
 */
export function refuseWhatDockerCannot(client: EngineClient, options: CreateContainerOptions): void {
  if (options.platform !== undefined) client.requireApiVersion('1.41', 'platform');
  if (options.cgroupnsMode !== undefined) client.requireApiVersion('1.41', 'cgroupnsMode');
  if (options.annotations !== undefined) client.requireApiVersion('1.43', 'annotations');
  if (
    options.mounts?.some((mount) => mount.type === 'tmpfs' && mount.replacesVolume && mount.noExec === false)
  ) {
    client.requireApiVersion('1.46', 'a tmpfs over a volume of the image in which programs can be executed');
  }
  const torn = options.mounts?.find(
    (mount) => isRelabelled(mount) && `${mount.source}${mount.target}`.includes(':'),
  );
  if (torn !== undefined) {
    client.refuse(
      `relabels no mount whose paths have a colon, as that at ${torn.target}`,
      'Choose paths without a colon, or leave out relabel.',
    );
  }
  if (options.usernsMode !== undefined && !['', 'host'].includes(options.usernsMode)) {
    client.refuse(`knows no usernsMode "${options.usernsMode}", only "host"`, 'Leave out usernsMode.');
  }
}

/** Builds the body of Docker's `POST /containers/create`. JSON leaves out what is `undefined`. */
export function toDockerBody(options: CreateContainerOptions): object {
  return {
    Image: options.image,
    Entrypoint: options.entrypoint,
    Cmd: options.cmd,
    Env: options.env && Object.entries(options.env).map(([name, value]) => `${name}=${value}`),
    Labels: options.labels,
    User: options.user,
    WorkingDir: options.workingDirectory,
    Hostname: options.hostname,
    Tty: options.tty,
    OpenStdin: options.openStdin,
    StdinOnce: options.stdinOnce,
    NetworkDisabled: options.networkDisabled,
    StopSignal: options.stopSignal,
    StopTimeout: options.stopTimeout,
    Healthcheck: options.noHealthcheck === true ? { Test: ['NONE'] } : undefined,
    HostConfig: {
      Runtime: options.runtime,
      NetworkMode: options.network,
      CapAdd: options.capAdd?.map(capabilityName),
      CapDrop: options.capDrop?.map(capabilityName),
      SecurityOpt: securityOptions(options),
      ReadonlyRootfs: options.readOnlyRootFilesystem,
      Mounts: options.mounts?.filter((mount) => !isInTmpfsField(mount) && !isRelabelled(mount)).map(toMount),
      Binds: bindTexts(options.mounts),
      Tmpfs: Object.fromEntries(
        (options.mounts ?? [])
          .filter(isInTmpfsField)
          .map((mount) => [mount.target, tmpfsOptions(mount).join(',')]),
      ),
      Memory: options.memoryBytes,
      MemorySwap: options.memorySwapBytes,
      NanoCpus: options.cpuNanos,
      PidsLimit: options.pidsLimit,
      Ulimits: options.ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
      GroupAdd: options.groupAdd,
      CgroupParent: options.cgroupParent,
      IpcMode: options.ipcMode,
      ShmSize: options.shmSize,
      CgroupnsMode: options.cgroupnsMode,
      UsernsMode: options.usernsMode,
      OomScoreAdj: options.oomScoreAdj,
      Init: options.init,
      LogConfig:
        options.logDriver === undefined && options.logOptions === undefined
          ? undefined
          : { Type: options.logDriver ?? '', Config: options.logOptions ?? {} },
      Annotations: options.annotations,
      RestartPolicy: options.restartPolicy && {
        Name: options.restartPolicy.name,
        MaximumRetryCount: options.restartPolicy.maximumRetryCount ?? 0,
      },
    },
  };
}

function securityOptions({
  noNewPrivileges,
  seccomp,
  selinuxLabel,
}: CreateContainerOptions): string[] | undefined {
  if (noNewPrivileges === undefined && seccomp === undefined && selinuxLabel === undefined) return undefined;
  return [
    ...(selinuxLabel === undefined ? [] : [`label=${selinuxLabel}`]),
    ...(noNewPrivileges === undefined ? [] : [`no-new-privileges=${noNewPrivileges}`]),
    ...(seccomp === undefined ? [] : [`seccomp=${seccomp}`]),
  ];
}

/**
 * A tmpfs among the mounts can't be made executable before API 1.46; one in this field can. But for a volume of the
 * image Docker looks among the mounts alone.
 */
function isInTmpfsField(mount: Mount): mount is TmpfsMount {
  return mount.type === 'tmpfs' && mount.replacesVolume !== true;
}

/** Only a bind that is written as one text can be relabelled. */
function isRelabelled(mount: Mount): mount is BindMount {
  return mount.type === 'bind' && mount.relabel !== undefined;
}

function bindTexts(mounts: readonly Mount[] | undefined): string[] | undefined {
  const relabelled = (mounts ?? []).filter(isRelabelled);
  if (relabelled.length === 0) return undefined;
  return relabelled.map(
    ({ source, target, readOnly = false, propagation = 'rprivate', relabel }) =>
      `${source}:${target}:${readOnly ? 'ro' : 'rw'},${propagation},${relabel === 'shared' ? 'z' : 'Z'}`,
  );
}

function toMount(mount: Mount): object {
  if (mount.type === 'tmpfs') {
    const { target, sizeBytes, mode = 0o1777, noExec = true } = mount;
    const options = noExec ? undefined : [['exec']];
    return {
      Type: 'tmpfs',
      Target: target,
      TmpfsOptions: { SizeBytes: sizeBytes, Mode: mode, Options: options },
    };
  }
  const { source, target, readOnly = false, propagation = 'rprivate' } = mount;
  return {
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: readOnly,
    BindOptions: { Propagation: propagation },
  };
}
