import { z } from 'zod';
import { answeredId, flag, numberOrZero, textMap, textOrNothing, texts, time } from '../../answer.ts';

/** The parts of the answer to an inspect that both engines write alike. */

export const stateShape = z.object({
  Status: z.string(),
  Running: z.boolean(),
  Pid: numberOrZero,
  ExitCode: numberOrZero,
  Error: textOrNothing,
  OOMKilled: flag,
  StartedAt: time,
  FinishedAt: time,
});

export const mountShape = z.object({
  Type: z.string(),
  Source: textOrNothing,
  Destination: z.string(),
  RW: z.boolean(),
  Propagation: textOrNothing,
  Mode: textOrNothing,
});

/** Podman lists the mount options; Docker writes them into the mode. */
export const podmanMountShape = mountShape.extend({ Options: texts });

export const ulimitShape = z.object({ Name: z.string(), Soft: z.number(), Hard: z.number() });

export const deviceShape = z.object({
  PathOnHost: z.string(),
  PathInContainer: z.string(),
  CgroupPermissions: textOrNothing,
});

export const tmpfsShape = z
  .record(z.string(), z.string())
  .nullish()
  .transform((map) => map ?? {});

export const restartPolicyShape = z.object({ Name: textOrNothing }).nullish();

export const healthcheckShape = z.object({ Test: texts }).nullish();

/** A map of which only the names are read; the values do not matter. */
const named = z.record(z.string(), z.unknown()).nullish();

export const portsShape = named;

/** A container's place in a network. Before the start, and after the end, engines leave the addresses empty. */
export const endpointShape = z
  .object({
    NetworkID: textOrNothing,
    MacAddress: textOrNothing,
    IPAddress: textOrNothing,
    IPPrefixLen: numberOrZero,
    Gateway: textOrNothing,
    GlobalIPv6Address: textOrNothing,
    GlobalIPv6PrefixLen: numberOrZero,
    IPv6Gateway: textOrNothing,
  })
  .nullish();

/** A list that Go may leave out or write as null. */
export function listOf<T>(shape: z.ZodType<T>) {
  return z
    .array(shape)
    .nullish()
    .transform((list) => list ?? []);
}

/** The part of the answer, beside its configurations and mounts, that both engines describe alike. */
export const answerAlike = {
  Id: answeredId,
  Name: z.string(),
  Image: z.string(),
  Created: z.string(),
  State: stateShape,
  RestartCount: numberOrZero,
  AppArmorProfile: textOrNothing,
  ProcessLabel: textOrNothing,
  MountLabel: textOrNothing,
  NetworkSettings: z.object({ Networks: z.record(z.string(), endpointShape).nullish() }).nullish(),
};

/** The part of the configuration that both engines describe alike. */
export const configAlike = {
  Hostname: textOrNothing,
  User: textOrNothing,
  Env: texts,
  Labels: textMap,
  WorkingDir: textOrNothing,
  Tty: flag,
  OpenStdin: flag,
  StopTimeout: z.number().nullish(),
  Healthcheck: healthcheckShape,
};

/** The part of the host's configuration that both engines describe alike. */
export const hostConfigAlike = {
  NetworkMode: textOrNothing,
  ReadonlyRootfs: flag,
  CapAdd: texts,
  CapDrop: texts,
  SecurityOpt: texts,
  GroupAdd: texts,
  Memory: numberOrZero,
  MemorySwap: numberOrZero,
  NanoCpus: numberOrZero,
  PidsLimit: numberOrZero,
  Ulimits: listOf(ulimitShape),
  CgroupParent: textOrNothing,
  IpcMode: textOrNothing,
  PidMode: textOrNothing,
  UTSMode: textOrNothing,
  ShmSize: numberOrZero,
  UsernsMode: textOrNothing,
  OomScoreAdj: numberOrZero,
  LogConfig: z.object({ Type: textOrNothing }),
  AutoRemove: flag,
  RestartPolicy: restartPolicyShape,
  Init: flag,
  OomKillDisable: flag,
  ExtraHosts: texts,
  Dns: texts,
  VolumesFrom: texts,
  Links: texts,
  PublishAllPorts: flag,
  PortBindings: portsShape,
  Tmpfs: tmpfsShape,
  Privileged: flag,
  Devices: listOf(deviceShape),
};
