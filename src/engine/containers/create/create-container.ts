import { z } from 'zod';
import { InvalidOptionError } from '../../../errors.ts';
import { answeredId, texts } from '../../answer.ts';
import type { CallOptions } from '../../call-options.ts';
import type { Call, EngineClient } from '../../client.ts';
import { checkOptions } from '../../../settings/option-check.ts';
import { checkImagePlatform } from './check-image-platform.ts';
import { createOptionsSchema } from './create-options.ts';
import { refuseWhatDockerCannot, toDockerBody } from './docker-create-body.ts';
import { refuseUnenforcedLimits } from '../limits.ts';
import { refuseWhatPodmanCannot, toPodmanSpec } from './podman-create-spec.ts';

export interface BindMount {
  readonly type: 'bind';
  /** Absolute path on the engine's host; it must exist. */
  readonly source: string;
  /** Absolute path in the container. */
  readonly target: string;
  readonly readOnly?: boolean | undefined;
  /** Default `rprivate`. */
  readonly propagation?: 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave' | undefined;
  /**
   * Gives the source, with everything in it, the SELinux label of containers: `private` that of this container alone
   * (`Z`), `shared` that of all of them (`z`). Engines that label nothing do nothing. Docker takes no source with a colon
   * then. Default: the source keeps its label.
   */
  readonly relabel?: 'private' | 'shared' | undefined;
}

/** A file system in memory. It is empty at first, and always `nosuid` and `nodev`. */
export interface TmpfsMount {
  readonly type: 'tmpfs';
  /** Absolute path in the container. */
  readonly target: string;
  /** Default: the kernel's, which is half of the host's memory. */
  readonly sizeBytes?: number | undefined;
  /** Permission bits; default 0o1777. runc before 1.2 keeps the bits of a folder that the image has at the target. */
  readonly mode?: number | undefined;
  /** Default true: nothing in it can be executed. */
  readonly noExec?: boolean | undefined;
  /**
   * Whether the image declares a volume at `target`. Docker then has to be asked in another way, or it makes an
   * anonymous volume too; one with `noExec: false` needs API 1.46 there. Default false.
   */
  readonly replacesVolume?: boolean | undefined;
}

export type Mount = BindMount | TmpfsMount;

export interface Ulimit {
  /** Name in lower case, without `RLIMIT_`: `nofile`, `memlock`, ... */
  readonly name: string;
  /** -1 is unlimited. Podman before 5.8 does not accept -1: give a large number there. */
  readonly soft: number;
  readonly hard: number;
}

export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  /** Used with `on-failure` only; 0 means without limit. */
  readonly maximumRetryCount?: number | undefined;
}

/**
 * A container to create. The names are those of Docker's API, in camelCase and without its nesting. An option that is
 * not given is left to the engine, except where its comment says otherwise.
 */
export interface CreateContainerOptions extends CallOptions {
  readonly name?: string | undefined;
  /** Reference or id of a local image. */
  readonly image: string;
  /** Replaces the image's entrypoint; `[]` removes it. */
  readonly entrypoint?: readonly string[] | undefined;
  readonly cmd?: readonly string[] | undefined;
  /** Variables added to the image's. Values never appear in errors. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Name, uid, or `uid:gid`. A uid alone has the group 0 on Docker: give both. */
  readonly user?: string | undefined;
  readonly workingDirectory?: string | undefined;
  readonly hostname?: string | undefined;
  /** Default false. A terminal mixes stdout and stderr into one. */
  readonly tty?: boolean | undefined;
  /** Keeps stdin open for {@link Containers.attach}. Default false. */
  readonly openStdin?: boolean | undefined;
  /**
   * Closes stdin for good once the first attached client has closed it. Default false on Docker; Podman always does so.
   */
  readonly stdinOnce?: boolean | undefined;
  /** Name such as `SIGTERM`. */
  readonly stopSignal?: string | undefined;
  /** Seconds that a stop waits before it kills. */
  readonly stopTimeout?: number | undefined;

  /** OCI runtime by name. On Podman before 6 only the one that its service runs: see `startPodmanService`. */
  readonly runtime?: string | undefined;
  /** `none`, `host`, `bridge`, or the name of a network. */
  readonly network?: string | undefined;
  /**
   * True makes a network namespace in which nothing is set up but the loopback interface; `network`, if given, has to
   * be `none`. Docker would otherwise run a program of its own in the namespace even for `none`, which takes longer
   * than the rest of the start, and would mount an `/etc/hosts`, which the container does not get here. On Podman it is
   * the same as `none`.
   */
  readonly networkDisabled?: boolean | undefined;
  /** Capabilities with or without `CAP_`, such as `IPC_LOCK`; `ALL` stands for all of them. */
  readonly capAdd?: readonly string[] | undefined;
  readonly capDrop?: readonly string[] | undefined;
  /** Default: as the engine is configured, which is false unless somebody changed it. */
  readonly noNewPrivileges?: boolean | undefined;
  /** `unconfined`, or the profile: its JSON text on Docker, the path of its file on the engine's host on Podman. */
  readonly seccomp?: string | undefined;
  /** `disable` makes a container without an SELinux label. Default: the engine chooses one, if it labels containers. */
  readonly selinuxLabel?: 'disable' | undefined;
  readonly readOnlyRootFilesystem?: boolean | undefined;
  readonly mounts?: readonly Mount[] | undefined;

  /**
   * Bytes. This limit and those on CPUs and processes are refused where the engine would accept but not enforce them.
   */
  readonly memoryBytes?: number | undefined;
  /** Bytes of memory and swap together, the same as `memoryBytes` for no swap; -1 is unlimited swap. Default: twice `memory`. */
  readonly memorySwapBytes?: number | undefined;
  /** Billionths of a CPU. */
  readonly cpuNanos?: number | undefined;
  /** -1 is unlimited. Podman's own default is 2048. */
  readonly pidsLimit?: number | undefined;
  /**
   * Default: the engine's own. With its own limits Podman 4 sometimes fails to start, so there `nofile` and `nproc`
   * that are not given are sent as this process's hard limits, up to 524288 and 32768.
   */
  readonly ulimits?: readonly Ulimit[] | undefined;
  /** Supplementary groups: ids, or names that the image knows. */
  readonly groupAdd?: readonly string[] | undefined;
  readonly cgroupParent?: string | undefined;
  readonly ipcMode?: string | undefined;
  /** Bytes of `/dev/shm`. Default: the engine's, about 64 MB. */
  readonly shmSize?: number | undefined;
  readonly cgroupnsMode?: 'private' | 'host' | undefined;
  /** Docker: `host`. Podman: `host`, `keep-id`, `keep-id:uid=1,gid=2`, `auto`, `nomap`. */
  readonly usernsMode?: string | undefined;
  /** -1000 to 1000. */
  readonly oomScoreAdj?: number | undefined;
  /** True disables the health check that the image may define. */
  readonly noHealthcheck?: boolean | undefined;
  /** Runs a small init as process 1. */
  readonly init?: boolean | undefined;
  /** Such as `none`, `json-file`, `journald`. */
  readonly logDriver?: string | undefined;
  readonly logOptions?: Readonly<Record<string, string>> | undefined;
  /** Annotations that are passed to the runtime. Docker: API 1.43 or later. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly restartPolicy?: RestartPolicy | undefined;
  /** `os/architecture` that the image must have, such as `linux/arm64`. */
  readonly platform?: string | undefined;
}

export interface CreatedContainer {
  readonly id: string;
  /** What the engine will not do, in its own words. */
  readonly warnings: readonly string[];
}

export const createdContainerSchema = z.object({ Id: answeredId, Warnings: texts });

/** See `Containers.create`. */
export async function createContainer(
  client: EngineClient,
  options: CreateContainerOptions,
): Promise<CreatedContainer> {
  const checked = checkOptions('containers.create', createOptionsSchema, options);
  refuseContradictions(checked);
  refuseUnenforcedLimits(client, checked);
  const call = client.isPodman ? await podmanCall(client, checked) : dockerCall(client, checked);
  const created = await client.fetch(createdContainerSchema, {
    doing: `create a container from ${checked.image}`,
    method: 'POST',
    signal: checked.signal,
    hints: {
      ENGINE_NOT_FOUND: 'Load or build the image first; nothing is ever pulled unless asked for.',
      ENGINE_CONFLICT: 'Choose another name, or remove the container that has it.',
    },
    ...call,
  });
  return { id: created.Id, warnings: created.Warnings };
}

function refuseContradictions({ networkDisabled, network = 'none' }: CreateContainerOptions): void {
  if (networkDisabled !== true || network === 'none') return;
  throw new InvalidOptionError('networkDisabled', `goes with network "none" alone, not "${network}"`);
}

type CreateCall = Pick<Call, 'path' | 'json'> & Partial<Call>;

function dockerCall(client: EngineClient, options: CreateContainerOptions): CreateCall {
  refuseWhatDockerCannot(client, options);
  const { name, platform } = options;
  return { path: '/containers/create', query: { name, platform }, json: toDockerBody(options) };
}

async function podmanCall(client: EngineClient, options: CreateContainerOptions): Promise<CreateCall> {
  refuseWhatPodmanCannot(client, options);
  await checkImagePlatform(client, options);
  return { path: '/containers/create', libpod: true, json: toPodmanSpec(options, client.identity) };
}
