import { z } from 'zod';
import { flag, numberOrZero, textMap, textOrNothing, texts } from '../../answer.ts';
import {
  configAlike,
  hostConfigAlike,
  listOf,
  mountShape,
  networkSettingsShape,
  stateShape,
} from './inspect-shapes.ts';

/** Docker `GET /containers/{id}/json`. */
export const dockerInspectSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  Created: z.string(),
  State: stateShape,
  RestartCount: numberOrZero,
  AppArmorProfile: textOrNothing,
  ProcessLabel: textOrNothing,
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
  NetworkSettings: networkSettingsShape,
});

export type DockerInspect = z.infer<typeof dockerInspectSchema>;
