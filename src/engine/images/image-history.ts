import { z } from 'zod';
import { numberOrZero, textOrNothing, texts, withDigestPrefix } from '../answer.ts';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { callOptions, checkOptions } from '../../settings/option-check.ts';
import { checkImageReference } from '../check-name.ts';
import { encodeReference } from '../transport/query.ts';

/** A step in the making of an image. */
export interface ImageHistoryEntry {
  /** Id of the image after this step, where the engine has one. */
  readonly id?: string | undefined;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly sizeBytes: number;
  readonly comment: string;
  readonly tags: readonly string[];
}

export const imageHistorySchema = z
  .array(
    z.object({
      Id: textOrNothing,
      Created: z.number(),
      CreatedBy: textOrNothing,
      Size: numberOrZero,
      Comment: textOrNothing,
      Tags: texts,
    }),
  )
  .nullish();

/** See `Images.history`. */
export async function imageHistory(
  client: EngineClient,
  reference: string,
  options: CallOptions = {},
): Promise<ImageHistoryEntry[]> {
  const { signal } = checkOptions('images.history', callOptions, options);
  const name = checkImageReference('images.history', reference);
  const steps = await client.fetch(imageHistorySchema, {
    doing: `tell the history of image ${name}`,
    method: 'GET',
    path: `/images/${encodeReference(name)}/history`,
    signal,
  });
  return (steps ?? []).map((step) => ({
    ...(step.Id !== '' && step.Id !== '<missing>' && { id: withDigestPrefix(step.Id) }),
    createdAt: new Date(step.Created * 1000),
    createdBy: step.CreatedBy,
    sizeBytes: step.Size,
    comment: step.Comment,
    tags: step.Tags,
  }));
}
