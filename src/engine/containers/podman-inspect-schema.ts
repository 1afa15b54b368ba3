import { z } from 'zod';
import { command, flag, numberOrZero, textMap, textOrNothing, texts } from '../answer.ts';
import {
  deviceShape,
  listOf,
  podmanMountShape,
  stateShape,
  tmpfsShape,
  ulimitShape,
} from './inspect-shapes.ts';

/** Podman `GET /libpod/containers/{id}/json`. */
export const podmanInspectSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  ImageName: textOrNothing,
  Created: z.string(),
  State: stateShape,
  RestartCount: numberOrZero,
  OCIRuntime: z.string(),
  EffectiveCaps: texts,
  BoundingCaps: texts,
  Config: z.object({
    Hostname: textOrNothing,
    User: textOrNothing,
    Env: texts,
    Labels: textMap,
    Annotations: textMap,
    Entrypoint: command, // a text before 5
    Cmd: command,
    WorkingDir: textOrNothing,
    Tty: flag,
    OpenStdin: flag,
    StopSignal: z.union([z.string(), z.number()]).nullish(), // a number before 5
    StopTimeout: z.number().nullish(),
  }),
  HostConfig: z.object({
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
    CgroupMode: textOrNothing,
    IpcMode: textOrNothing,
    UsernsMode: textOrNothing,
    OomScoreAdj: numberOrZero,
    LogConfig: z.object({ Type: textOrNothing }),
    AutoRemove: flag,
    Tmpfs: tmpfsShape,
    Privileged: flag,
    Devices: listOf(deviceShape),
  }),
  Mounts: listOf(podmanMountShape),
});

export type PodmanInspect = z.infer<typeof podmanInspectSchema>;
