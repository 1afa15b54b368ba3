import { z } from 'zod';
import { numberOrZero, withDigestPrefix } from '../answer.ts';
import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { checkOptions, labelsOption, optionsOf, signalOption } from '../../settings/option-check.ts';
import { removedImages, removeImageSchema, type RemovedImage } from './remove-image.ts';

export interface PruneImagesOptions extends CallOptions {
  /** Also removes images with a name that no container uses. Default false: only those without a name. */
  readonly all?: boolean | undefined;
  /** Only images with these labels: `key` or `key=value`. */
  readonly labels?: readonly string[] | undefined;
  /** Only images created before this time. */
  readonly until?: Date | undefined;
}

export interface PrunedImages {
  readonly removed: readonly RemovedImage[];
  readonly reclaimedBytes: number;
}

const schema = optionsOf<PruneImagesOptions>()({
  all: z.boolean().optional(),
  labels: labelsOption,
  until: z.date().optional(),
  signal: signalOption,
});

export const pruneImagesSchema = z.object({ ImagesDeleted: removeImageSchema, SpaceReclaimed: numberOrZero });

/** See `Images.prune`. */
export async function pruneImages(
  client: EngineClient,
  options: PruneImagesOptions = {},
): Promise<PrunedImages> {
  const { all = false, labels, until, signal } = checkOptions('images.prune', schema, options);
  const filters = { label: labels, until: until && [String(Math.floor(until.getTime() / 1000))] };
  const call: Call = {
    doing: 'prune images',
    method: 'POST',
    path: '/images/prune',
    lasting: { headersMs: 0, bodyMs: client.transport.limits.bodyMs },
    signal,
  };
  if (client.isPodman) return pruneOnPodman(client, { ...call, query: { all, filters } });
  const { ImagesDeleted, SpaceReclaimed } = await client.fetch(pruneImagesSchema, {
    ...call,
    query: { filters: { ...filters, dangling: [String(!all)] } },
  });
  return { removed: removedImages(ImagesDeleted), reclaimedBytes: SpaceReclaimed };
}

export const prunedOnPodmanSchema = z
  .array(z.object({ Id: z.string(), Err: z.string().nullish(), Size: numberOrZero }))
  .nullish();

/** Podman's Docker-compatible prune contradicts itself when it is to remove images with a name. */
async function pruneOnPodman(client: EngineClient, call: Call): Promise<PrunedImages> {
  const reports = (await client.fetch(prunedOnPodmanSchema, { ...call, libpod: true })) ?? [];
  const removed = reports.filter(({ Err }) => !Err);
  return {
    removed: removed.map(({ Id }) => ({ deleted: withDigestPrefix(Id) })),
    reclaimedBytes: removed.reduce((sum, { Size }) => sum + Size, 0),
  };
}
