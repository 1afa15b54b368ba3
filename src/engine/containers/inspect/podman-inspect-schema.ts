import { z } from 'zod';
import { command, flag, textMap, textOrNothing, texts } from '../../answer.ts';
import { answerAlike, configAlike, hostConfigAlike, listOf, podmanMountShape } from './inspect-shapes.ts';

/** Podman `GET /libpod/containers/{id}/json`. */
export const podmanInspectSchema = z.object({
  ...answerAlike,
  ImageName: textOrNothing,
  OCIRuntime: z.string(),
  Pod: textOrNothing,
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
});

export type PodmanInspect = z.infer<typeof podmanInspectSchema>;
