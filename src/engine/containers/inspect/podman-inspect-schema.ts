import { z } from 'zod';
import { command, flag, numberOrZero, textMap, textOrNothing, texts } from '../../answer.ts';
import {
  configAlike,
  hostConfigAlike,
  listOf,
  networkSettingsShape,
  podmanMountShape,
  stateShape,
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
  Pod: textOrNothing,
  AppArmorProfile: textOrNothing,
  ProcessLabel: textOrNothing,
  EffectiveCaps: texts,
  BoundingCaps: texts,
  Config: z.object({
    ...configAlike,
    Annotations: textMap,
    Entrypoint: command, // a text before 5
    Cmd: command,
    StopSignal: z.union([z.string(), z.number()]).nullish(), // a number before 5
    SystemdMode: flag,
    Secrets: listOf(z.unknown()),
  }),
  HostConfig: z.object({
    ...hostConfigAlike,
    CgroupMode: textOrNothing,
    Cgroups: textOrNothing,
  }),
  Mounts: listOf(podmanMountShape),
  NetworkSettings: networkSettingsShape,
});

export type PodmanInspect = z.infer<typeof podmanInspectSchema>;
