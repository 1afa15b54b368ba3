import { z } from 'zod';
import { answeredId, numberOrZero, textMap, texts, withDigestPrefix } from '../answer.ts';
import type { CallOptions, Filters } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { checkOptions, filtersOption, optionsOf, signalOption } from '../../settings/option-check.ts';
import { retryOnConcurrentRemoval } from '../retry-on-concurrent-removal.ts';

export interface ListImagesOptions extends CallOptions {
  /** Includes intermediate images. Default false. */
  readonly all?: boolean | undefined;
  /** Such as `{ label: ['key=value'], dangling: ['true'] }`. The engines read `reference` differently: use `inspect` to find one. */
  readonly filters?: Filters | undefined;
}

export interface ImageSummary {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly createdAt: Date;
  readonly sizeBytes: number;
  readonly labels: Readonly<Record<string, string>>;
}

const schema = optionsOf<ListImagesOptions>()({
  all: z.boolean().optional(),
  filters: filtersOption,
  signal: signalOption,
});

export const listImagesSchema = z.array(
  z.object({
    Id: answeredId,
    RepoTags: texts,
    RepoDigests: texts,
    Created: z.number(),
    Size: numberOrZero,
    Labels: textMap,
  }),
);

/** See `Images.list`. */
export async function listImages(
  client: EngineClient,
  options: ListImagesOptions = {},
): Promise<ImageSummary[]> {
  const { all, filters, signal } = checkOptions('images.list', schema, options);
  const images = await retryOnConcurrentRemoval(
    client,
    () =>
      client.fetch(listImagesSchema, {
        doing: 'list images',
        method: 'GET',
        path: '/images/json',
        query: { all, filters },
        signal,
      }),
    signal,
  );
  return images.map((image) => ({
    id: withDigestPrefix(image.Id),
    tags: image.RepoTags.filter((tag) => tag !== '<none>:<none>'),
    digests: image.RepoDigests.filter((digest) => digest !== '<none>@<none>'),
    createdAt: new Date(image.Created * 1000),
    sizeBytes: image.Size,
    labels: image.Labels,
  }));
}
