import type { z } from 'zod';
import { InvalidOptionError } from '../errors.ts';

/** Validates what a caller wants to register. @throws InvalidOptionError naming the first field that is wrong, never its value */
export function checkRegistration<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined;
  if (unknown !== undefined) throw new InvalidOptionError(unknown, 'is not an option here');
  const field = issue?.path.join('.') ?? '';
  throw new InvalidOptionError(field === '' ? 'registration' : field, issue?.message ?? 'is not valid');
}

/** A name that is also good as a part of a path in URLs. */
export const strictName = /^\w(?:[\w.-]*\w)?$/;
export const noControls = /^[^\p{Cc}]*$/u;
