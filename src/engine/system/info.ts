import { architectureOfUname } from '../../program/architecture.ts';
import { z } from 'zod';
import { flag, textOrNothing, texts } from '../answer.ts';
import { compareVersions } from '../api-version.ts';
import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import type { InfoAnswers } from '../info-cache.ts';

export interface RuntimeInfo {
  /** Executable on the engine's host; absent for runtimes that are containerd shims. */
  readonly path?: string | undefined;
  /** Fixed arguments; Podman never shows them. */
  readonly args?: readonly string[] | undefined;
}

/** One range of a user namespace: `size` ids from `containerId` on are the host's ids from `hostId` on. */
export interface IdMapping {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

/** What an engine is and can do. One type for Docker and Podman. */
export interface EngineInfo {
  /** Docker's identity of this installation. Podman has none (it makes up a new one for each answer). */
  readonly id?: string | undefined;
  /** Host name. */
  readonly name: string;
  readonly serverVersion: string;
  readonly operatingSystem: string;
  /** In Docker's words: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly rootless: boolean;
  readonly cgroupVersion: '1' | '2';
  /** `cgroupfs`, `systemd`, or `none` (rootless Docker without delegation). */
  readonly cgroupDriver: string;
  /** Controllers that containers can use. Podman only. */
  readonly cgroupControllers?: readonly string[] | undefined;
  /**
   * Runtimes that a container can be given, by name. A Podman service before version 6 runs a single runtime, so only
   * that one is listed. Docker may know more: names of containerd shims are not listed.
   */
  readonly runtimes: Readonly<Record<string, RuntimeInfo>>;
  /** Name of the runtime that a container gets when none is asked for. */
  readonly defaultRuntime: string;
  /** As Docker writes them: `name=seccomp,profile=default`, `name=rootless`, ... */
  readonly securityOptions: readonly string[];
  /** Whether a container's memory limit would be enforced. Corrected where the engine claims more than it can do. */
  readonly memoryLimit: boolean;
  /** Whether swap is counted, so that it can be limited. Absent where the engine does not say. */
  readonly swapLimit?: boolean | undefined;
  /**
   * Whether a container's limit on processes would be enforced. Corrected where the engine claims more than it can do.
   */
  readonly pidsLimit: boolean;
  /** Whether a container's CPU limit would be enforced. Corrected where the engine claims more than it can do. */
  readonly cpuCfsQuota: boolean;
  readonly storageDriver: string;
  /** Where images and containers are kept on the engine's host. */
  readonly storageRoot: string;
  /** User and group id ranges of the engine's user namespace. Podman rootless only. */
  readonly idMappings?:
    { readonly uids: readonly IdMapping[]; readonly gids: readonly IdMapping[] } | undefined;
  readonly warnings: readonly string[];
  /** The engine's whole answer (Podman: libpod's), unchecked. */
  readonly raw: unknown;
}

/** See `System.info`. */
export async function getInfo(client: EngineClient, options: CallOptions = {}): Promise<EngineInfo> {
  return readInfo(client, await askInfo(client, options));
}

/** Asks the engine, and returns the answers unchanged. */
export async function askInfo(client: EngineClient, { signal }: CallOptions = {}): Promise<InfoAnswers> {
  const { body: info } = await client.call({ ...asking(client), signal });
  if (!client.isPodman) return { info };
  const { version } = client.parse(podmanInfoSchema, info, asking(client));
  if (compareVersions(version.Version, firstPodmanWithRuntimes) < 0) return { info };
  // The runtimes in Podman's table, installed or not: only the Docker-compatible API lists them.
  const { body: compatible } = await client.call({ ...asking(client), libpod: false, signal });
  return { info, compatible };
}

/** @throws EngineProtocolError when the answers are not as the engine's API describes them */
export function readInfo(client: EngineClient, answers: InfoAnswers): EngineInfo {
  return client.isPodman ? podmanInfo(client, answers) : dockerInfo(client, answers);
}

function asking({ isPodman }: EngineClient): Call {
  return { doing: 'ask the engine about itself', method: 'GET', path: '/info', libpod: isPodman };
}

const runtimeTable = z
  .record(z.string(), z.object({ path: z.string().optional(), runtimeArgs: z.array(z.string()).nullish() }))
  .nullish();

const runtimesSchema = z.object({ Runtimes: runtimeTable });

/** Docker `GET /info`. */
export const dockerInfoSchema = z.object({
  ID: z.string(),
  Name: z.string(),
  ServerVersion: z.string(),
  OperatingSystem: z.string(),
  Architecture: z.string(),
  CgroupVersion: z.string().optional(), // since API 1.41
  CgroupDriver: z.string(),
  Runtimes: runtimeTable,
  DefaultRuntime: z.string(),
  SecurityOptions: texts,
  MemoryLimit: flag,
  SwapLimit: flag,
  PidsLimit: flag,
  CpuCfsQuota: flag,
  Driver: z.string(),
  DockerRootDir: z.string(),
  Warnings: texts,
});

function dockerInfo(client: EngineClient, { info: raw }: InfoAnswers): EngineInfo {
  const info = client.parse(dockerInfoSchema, raw, asking(client));
  return {
    id: info.ID,
    name: info.Name,
    serverVersion: info.ServerVersion,
    operatingSystem: info.OperatingSystem,
    architecture: architectureOfUname(info.Architecture),
    rootless: info.SecurityOptions.some((option) => /^name=rootless(,|$)/.test(option)),
    cgroupVersion: info.CgroupVersion === '2' ? '2' : '1',
    cgroupDriver: info.CgroupDriver,
    runtimes: readRuntimes(info.Runtimes),
    defaultRuntime: info.DefaultRuntime,
    securityOptions: info.SecurityOptions,
    // With the driver "none" limits are taken and not applied (moby: specconv drops the resources of rootless containers).
    memoryLimit: info.MemoryLimit && info.CgroupDriver !== 'none',
    swapLimit: info.SwapLimit,
    pidsLimit: info.PidsLimit && info.CgroupDriver !== 'none',
    cpuCfsQuota: info.CpuCfsQuota && info.CgroupDriver !== 'none',
    storageDriver: info.Driver,
    storageRoot: info.DockerRootDir,
    warnings: info.Warnings,
    raw,
  };
}

const idMap = z
  .array(z.object({ container_id: z.number(), host_id: z.number(), size: z.number() }))
  .nullish()
  .transform((ranges) =>
    (ranges ?? []).map((range) => ({
      containerId: range.container_id,
      hostId: range.host_id,
      size: range.size,
    })),
  );

/** Podman `GET /libpod/info`. */
export const podmanInfoSchema = z.object({
  host: z.object({
    arch: z.string(),
    hostname: z.string(),
    cgroupManager: z.string(),
    cgroupVersion: z.string(),
    cgroupControllers: texts,
    distribution: z.object({ distribution: z.string(), version: z.string() }),
    idMappings: z.object({ uidmap: idMap, gidmap: idMap }).optional(),
    ociRuntime: z.object({ name: z.string(), path: z.string() }),
    security: z.object({
      rootless: z.boolean(),
      seccompEnabled: flag,
      seccompProfilePath: textOrNothing,
      selinuxEnabled: flag,
      apparmorEnabled: flag,
    }),
  }),
  store: z.object({ graphDriverName: z.string(), graphRoot: z.string() }),
  version: z.object({ Version: z.string() }),
});

/** Podman before 6 takes no runtime over its API: its service runs one. */
const firstPodmanWithRuntimes = '6';

function podmanInfo(client: EngineClient, { info: raw, compatible }: InfoAnswers): EngineInfo {
  const { host, store, version } = client.parse(podmanInfoSchema, raw, asking(client));
  const { security, idMappings } = host;
  const cgroupVersion = host.cgroupVersion === 'v2' ? '2' : '1';
  const enforces = (controller: string) =>
    !(security.rootless && cgroupVersion === '1') && host.cgroupControllers.includes(controller);
  // The service reports the name or path with which it was started.
  const defaultRuntime = host.ociRuntime.name.slice(host.ociRuntime.name.lastIndexOf('/') + 1);
  return {
    name: host.hostname,
    serverVersion: version.Version,
    operatingSystem: `${host.distribution.distribution} ${host.distribution.version}`,
    architecture: architectureOfUname(host.arch),
    rootless: security.rootless,
    cgroupVersion,
    cgroupDriver: host.cgroupManager,
    cgroupControllers: host.cgroupControllers,
    runtimes: {
      ...(compatible !== undefined &&
        readRuntimes(client.parse(runtimesSchema, compatible, asking(client)).Runtimes)),
      [defaultRuntime]: { path: host.ociRuntime.path },
    },
    defaultRuntime,
    securityOptions: securityOptions(security),
    memoryLimit: enforces('memory'),
    pidsLimit: enforces('pids'),
    cpuCfsQuota: enforces('cpu'),
    storageDriver: store.graphDriverName,
    storageRoot: store.graphRoot,
    ...(idMappings &&
      security.rootless && { idMappings: { uids: idMappings.uidmap, gids: idMappings.gidmap } }),
    warnings: [],
    raw,
  };
}

function readRuntimes(table: z.infer<typeof runtimeTable>): Record<string, RuntimeInfo> {
  return Object.fromEntries(
    Object.entries(table ?? {}).map(([name, { path, runtimeArgs }]) => [
      name,
      { ...(path && { path }), ...(runtimeArgs && { args: runtimeArgs }) },
    ]),
  );
}

/**
 * Podman 4 lists no security options in its compatible answer, so they are made from its own answer, in Docker's
 * spelling.
 */
function securityOptions(security: z.infer<typeof podmanInfoSchema>['host']['security']): string[] {
  return [
    ...(security.seccompEnabled
      ? [`name=seccomp,profile=${podmanProfile(security.seccompProfilePath)}`]
      : []),
    ...(security.apparmorEnabled ? ['name=apparmor'] : []),
    ...(security.selinuxEnabled ? ['name=selinux'] : []),
    ...(security.rootless ? ['name=rootless'] : []),
  ];
}

/** Podman reports the path of its default profile, or that its configuration turns it off. */
function podmanProfile(path: string): string {
  return path === 'unconfined' ? path : 'default';
}

/** Whether containers that ask for no seccomp profile get one: a daemon can be configured to leave them unconfined. */
export function confinesBySeccomp({ securityOptions }: Pick<EngineInfo, 'securityOptions'>): boolean {
  return securityOptions.some(
    (option) => /^name=seccomp(,|$)/.test(option) && !/,profile=unconfined(,|$)/.test(option),
  );
}
