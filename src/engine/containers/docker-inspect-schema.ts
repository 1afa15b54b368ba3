import { z } from 'zod';
import { flag, numberOrZero, textMap, textOrNothing, texts } from '../answer.ts';
import { deviceShape, listOf, mountShape, stateShape, tmpfsShape, ulimitShape } from './inspect-shapes.ts';

/** Docker `GET /containers/{id}/json`. */
export const dockerInspectSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  Created: z.string(),
  State: stateShape,
  RestartCount: numberOrZero,
  Config: z.object({
    Hostname: textOrNothing,
    User: textOrNothing,
    Env: texts,
    Labels: textMap,
    Image: textOrNothing,
    Entrypoint: texts,
    Cmd: texts,
    WorkingDir: textOrNothing,
    Tty: flag,
    OpenStdin: flag,
    NetworkDisabled: flag,
    StopSignal: textOrNothing,
    StopTimeout: z.number().nullish(),
  }),
  HostConfig: z.object({
    Runtime: textOrNothing,
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
    CgroupnsMode: textOrNothing, // since API 1.41
    UsernsMode: textOrNothing,
    OomScoreAdj: numberOrZero,
    LogConfig: z.object({ Type: textOrNothing }),
    AutoRemove: flag,
    Tmpfs: tmpfsShape,
    Annotations: textMap, // since API 1.43
    Privileged: flag,
    Devices: listOf(deviceShape),
  }),
  Mounts: listOf(mountShape),
});

export type DockerInspect = z.infer<typeof dockerInspectSchema>;
