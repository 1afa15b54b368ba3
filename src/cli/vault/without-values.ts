import { BulkheadError } from '../../errors.ts';
import type { VaultData } from '../../vault/index.ts';

/** Shorter values are words that many sentences contain. */
const shortest = 6;

/**
 * Removes the values of a request's data from an error: a plugin may repeat what it was given, and it may be a secret.
 *
 * @returns the error itself when it repeats none
 */
export function withoutValues(error: unknown, data: VaultData): unknown {
  if (!(error instanceof BulkheadError)) return error;
  // The longest come first, because one may be contained in another.
  const values = [...new Set(textsIn(data))]
    .filter((value) => value.length >= shortest)
    .sort((a, b) => b.length - a.length);
  const redacted = values.reduce(
    (text, value) =>
      text.replaceAll(value, '[removed]').replaceAll(JSON.stringify(value).slice(1, -1), '[removed]'),
    error.message,
  );
  if (redacted === error.message) return error;
  return new BulkheadError(error.code, redacted, { hint: error.hint });
}

/** Every text in the data, and every number as a text. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
