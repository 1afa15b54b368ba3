import { z } from 'zod';

/**
 * Schemas for values that engines write in different ways. Go writes an empty list or map as `null`, or leaves it out.
 */

/** An id of a container or an image, which goes into the paths of later requests: the engine's answer is at fault for any other text. */
export const answeredId = z
  .string()
  .regex(/^(?:sha256:)?[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, 'Invalid input: expected an id');

export const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
// Not `z.record`, which would take most of the time of reading a list of containers; `meta` tells the same to tools
// that read schemas.
export const textMap = z
  .custom<Record<string, string>>(isTextMap, 'Invalid input: expected a map of strings')
  .meta({ type: 'object', additionalProperties: { type: 'string' } })
  .nullish()
  .transform((map) => map ?? {});
export const textOrNothing = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
export const numberOrZero = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

/** A command as libpod writes it: a list, or, for the entrypoint before Podman 5, one text with spaces. */
export const command = z
  .union([z.array(z.string()), z.string()])
  .nullish()
  .transform((value) => (typeof value === 'string' ? (value === '' ? [] : value.split(' ')) : (value ?? [])));

/** A time in RFC 3339. Go's zero time, in the year 1, stands for "never". */
export const time = z
  .string()
  .nullish()
  .transform((value) => {
    const date = value == null || value === '' || value.startsWith('0001-') ? undefined : new Date(value);
    return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
  });

/** Makes ids equal on both engines: Podman sometimes leaves out the prefix `sha256:`. */
export function withDigestPrefix(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id;
}

function isTextMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}
