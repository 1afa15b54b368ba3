/** What a folder for socket directories says of whose it is. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

export const ownerFile = 'owner.json';
/** An owner takes some 300 bytes. */
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

/** A cluster in the name of a folder. */
export function clusterMark(clusterId: string): string {
  return createHash('sha256').update(clusterId).digest('hex').slice(0, 12);
}
