import { z } from 'zod';
import { numberOrZero, texts } from '../answer.ts';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { checkOptions, labelsOption, optionsOf, signalOption } from '../../settings/option-check.ts';

export interface PruneContainersOptions extends CallOptions {
  /** Only containers with these labels: `key` or `key=value`. */
  readonly labels?: readonly string[] | undefined;
  /** Only containers created before this time. */
  readonly until?: Date | undefined;
}

export interface PrunedContainers {
  readonly removedIds: readonly string[];
  readonly reclaimedBytes: number;
}

const schema = optionsOf<PruneContainersOptions>()({
  labels: labelsOption,
  until: z.date().optional(),
  signal: signalOption,
});

export const pruneContainersSchema = z.object({ ContainersDeleted: texts, SpaceReclaimed: numberOrZero });

/** See `Containers.prune`. */
export async function pruneContainers(
  client: EngineClient,
  options: PruneContainersOptions = {},
): Promise<PrunedContainers> {
  const { labels, until, signal } = checkOptions('containers.prune', schema, options);
  const { ContainersDeleted, SpaceReclaimed } = await client.fetch(pruneContainersSchema, {
    doing: 'prune containers',
    method: 'POST',
    path: '/containers/prune',
    query: { filters: { label: labels, until: until && [String(Math.floor(until.getTime() / 1000))] } },
    lasting: { headersMs: 0, bodyMs: client.transport.limits.bodyMs },
    signal,
  });
  return { removedIds: ContainersDeleted, reclaimedBytes: SpaceReclaimed };
}
