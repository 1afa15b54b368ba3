import type { z } from 'zod';
import { checkOptions } from '../settings/option-check.ts';

/**
 * Checks what a caller wants to register. @throws InvalidOptionError naming the first field that is wrong, never its
 * value
 */
export function checkRegistration<T>(schema: z.ZodType<T>, value: unknown): T {
  return checkOptions('registration', schema, value);
}

/** A name that can also be part of a path in URLs. */
export const strictName = /^\w(?:[\w.-]*\w)?$/;
export const noControls = /^[^\p{Cc}]*$/u;
