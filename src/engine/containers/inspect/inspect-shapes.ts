import { z } from 'zod';
import { flag, numberOrZero, textOrNothing, texts, time } from '../../answer.ts';

/** What both engines write alike in the answer to an inspect. */

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

/** Podman lists the options; on Docker they are in the mode. */
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

/** What is under which name does not matter: only the names are read. */
const named = z.record(z.string(), z.unknown()).nullish();

export const portsShape = named;

export const networkSettingsShape = z.object({ Networks: named }).nullish();

/** A list that Go may leave out or write as null. */
export function listOf<T>(shape: z.ZodType<T>) {
  return z
    .array(shape)
    .nullish()
    .transform((list) => list ?? []);
}
