/** The file in an owned folder that names its owner. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

export const ownerFile = 'owner.json';
/** An owner's file has about 300 bytes. */
export const mostOwnerBytes = 4096;
export const ownerSchema = z.object({
  hostId: z.string(),
  clusterId: z.string(),
  process: z.object({
    bootId: z.string(),
    machineId: z.string(),
    pidNamespace: z.string(),
    pid: z.number(),
    startTime: z.string(),
  }),
});

/** A hash of the cluster's id for names of folders. */
export function clusterMark(clusterId: string): string {
  return createHash('sha256').update(clusterId).digest('hex').slice(0, 12);
}
