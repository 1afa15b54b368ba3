import { z } from 'zod';

/** Shapes in which engines write the same thing. Go writes an empty list or map as `null`, or leaves it out. */

export const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
// Not `z.record`, which is most of the time that a list of containers takes; `meta` says the same to whoever reads schemas.
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

/** A command as libpod writes it: a list, and before Podman 5 a text with spaces for the entrypoint. */
export const command = z
  .union([z.array(z.string()), z.string()])
  .nullish()
  .transform((value) => (typeof value === 'string' ? (value === '' ? [] : value.split(' ')) : (value ?? [])));

/** RFC 3339. Go's zero time, year 1, stands for "never". */
export const time = z
  .string()
  .nullish()
  .transform((value) => {
    const date = value == null || value === '' || value.startsWith('0001-') ? undefined : new Date(value);
    return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
  });

/** The same id on both engines: Podman leaves `sha256:` out in places. */
export function withDigestPrefix(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id;
}

function isTextMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}
