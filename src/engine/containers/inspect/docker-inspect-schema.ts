import { z } from 'zod';
import { flag, textMap, textOrNothing, texts } from '../../answer.ts';
import { answerAlike, configAlike, hostConfigAlike, listOf, mountShape } from './inspect-shapes.ts';

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
  }),
  Mounts: listOf(mountShape),
});

export type DockerInspect = z.infer<typeof dockerInspectSchema>;
