import { compareVersions } from '../../api-version.ts';
import type { EngineClient, EngineIdentity } from '../../client.ts';
import { capabilityName } from '../../../linux/capabilities.ts';
import type { CreateContainerOptions, Mount } from './create-container.ts';
import { podmanLimits } from './podman-limits.ts';
import { podmanNamespace, podmanNetwork } from './podman-namespaces.ts';
import { podmanResources } from './podman-resources.ts';
import { signalNumber } from '../signal-number.ts';
import { tmpfsOptions } from './tmpfs-options.ts';

/** Refuses options that Podman would silently drop or change. */
export function refuseWhatPodmanCannot(client: EngineClient, options: CreateContainerOptions): void {
  refuseOtherRuntime(client, options.runtime);
  if (options.stdinOnce === false && options.openStdin === true) {
    client.refuse(
      'closes stdin when the first attached client does',
      'Leave out stdinOnce, or set it to true.',
    );
  }
  if (options.groupAdd?.includes('keep-groups') === true) {
    client.refuse(
      'looks keep-groups up as the name of a group',
      'Use the annotation run.oci.keep_original_groups with crun.',
    );
  }
  const strange = Object.keys(options.logOptions ?? {}).filter(
    (name) => !['max-size', 'path', 'tag'].includes(name),
  );
  if (strange.length > 0)
    client.refuse(`would ignore the log options ${strange.join(', ')}`, 'Leave them out.');
  const unlimited = options.ulimits?.find(({ soft, hard }) => soft === -1 || hard === -1);
  if (unlimited !== undefined && compareVersions(client.identity.version, '5.8') < 0) {
    client.refuse(`does not take -1 for the ulimit ${unlimited.name} before 5.8`, 'Give a large number.');
  }
}

/**
 * A Podman service before 6 runs one runtime, and ignores a request for another: the container would run with less
 * isolation than asked for.
 */
function refuseOtherRuntime(client: EngineClient, runtime: string | undefined): void {
  const { version, serviceRuntime } = client.identity;
  if (runtime === undefined || compareVersions(version, '6') >= 0) return;
  if (runtime.slice(runtime.lastIndexOf('/') + 1) === serviceRuntime) return;
  client.refuse(
    `runs every container of this service in ${serviceRuntime ?? 'its default runtime'}, not in ${runtime}`,
    `Connect to a service that was started for it: startPodmanService({ runtime: '${runtime}' }).`,
  );
}

/** Builds the body of `POST /libpod/containers/create` (podman `pkg/specgen`). JSON leaves out what is `undefined`. */
export function toPodmanSpec(options: CreateContainerOptions, { version }: EngineIdentity): object {
  return {
    name: options.name,
    image: options.image,
    entrypoint: options.entrypoint,
    command: options.cmd,
    env: options.env,
    labels: options.labels,
    user: options.user,
    groups: options.groupAdd,
    work_dir: options.workingDirectory,
    create_working_dir: options.workingDirectory !== undefined || undefined, // as Docker does
    hostname: options.hostname,
    terminal: options.tty,
    stdin: options.openStdin,
    stop_signal:
      options.stopSignal === undefined ? undefined : signalNumber('stopSignal', options.stopSignal),
    stop_timeout: options.stopTimeout,
    healthconfig: options.noHealthcheck === true ? { Test: ['NONE'] } : undefined,
    systemd: 'false', // otherwise programs named systemd or /sbin/init get mounts that nobody asked for
    oci_runtime: options.runtime,
    ...podmanNetwork(options.networkDisabled === true ? 'none' : options.network),
    ipcns: podmanNamespace(options.ipcMode),
    shm_size: options.shmSize,
    cgroupns: podmanNamespace(options.cgroupnsMode),
    userns: podmanNamespace(options.usernsMode),
    cap_add: options.capAdd?.map(capabilityName),
    cap_drop: options.capDrop?.map(capabilityName),
    no_new_privileges: options.noNewPrivileges,
    seccomp_profile_path: options.seccomp,
    selinux_opts: options.selinuxLabel === undefined ? undefined : [options.selinuxLabel],
    read_only_filesystem: options.readOnlyRootFilesystem,
    mounts: options.mounts?.map(toMount),
    resource_limits: podmanResources(options),
    r_limits: podmanLimits(options.ulimits, version),
    oom_score_adj: options.oomScoreAdj,
    cgroup_parent: options.cgroupParent,
    init: options.init,
    log_configuration: logConfiguration(options),
    annotations: options.annotations,
    restart_policy: options.restartPolicy?.name,
    restart_tries: options.restartPolicy?.maximumRetryCount,
  };
}

function toMount(mount: Mount): object {
  if (mount.type === 'tmpfs') {
    return {
      type: 'tmpfs',
      source: 'tmpfs',
      destination: mount.target,
      options: [...tmpfsOptions(mount), 'notmpcopyup'], // otherwise what the image has there is copied into it
    };
  }
  const { source, target, readOnly = false, propagation = 'rprivate', relabel } = mount;
  const label = relabel === undefined ? [] : [relabel === 'shared' ? 'z' : 'Z'];
  return {
    type: 'bind',
    source,
    destination: target,
    options: ['rbind', readOnly ? 'ro' : 'rw', propagation, ...label],
  };
}

function logConfiguration({ logDriver, logOptions }: CreateContainerOptions): object | undefined {
  if (logDriver === undefined && logOptions === undefined) return undefined;
  const { 'max-size': size, path, ...options } = logOptions ?? {};
  return { driver: logDriver, size: size === undefined ? undefined : byteSize(size), path, options };
}

/** Reads a size such as `10m` as Docker writes it, in binary multiples. */
function byteSize(text: string): number {
  const [, digits = '0', unit = ''] = /^(\d+)\s*([kmg]?)b?$/i.exec(text) ?? [];
  return Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
}
