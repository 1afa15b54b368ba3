import { z } from 'zod';
import { flag, numberOrZero, textMap, textOrNothing, texts } from '../../answer.ts';
import { answerAlike, configAlike, hostConfigAlike, listOf, mountShape } from './inspect-shapes.ts';

/** A mount as the container's request has it. Docker tells the options of a tmpfs nowhere else. */
const askedMountShape = z.object({
  Type: textOrNothing,
  Target: textOrNothing,
  TmpfsOptions: z
    .object({
      SizeBytes: numberOrZero,
      Mode: numberOrZero,
      Options: listOf(z.array(z.string())),
    })
    .nullish(),
});

/** Docker `GET /containers/{id}/json`. */
export const dockerInspectSchema = z.object({
  ...answerAlike,
  Config: z.object({
    ...configAlike,
    Image: textOrNothing,
    Entrypoint: texts,
    Cmd: texts,
    NetworkDisabled: flag,
    StopSignal: textOrNothing,
  }),
  HostConfig: z.object({
    ...hostConfigAlike,
    Runtime: textOrNothing,
    CgroupnsMode: textOrNothing, // since API 1.41
    MaskedPaths: texts,
    ReadonlyPaths: texts,
    Sysctls: textMap,
    StorageOpt: textMap,
    DeviceCgroupRules: texts,
    DeviceRequests: listOf(z.unknown()),
    Annotations: textMap, // since API 1.43
    Mounts: listOf(askedMountShape),
  }),
  Mounts: listOf(mountShape),
});

export type DockerInspect = z.infer<typeof dockerInspectSchema>;
