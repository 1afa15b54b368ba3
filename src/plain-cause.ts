/** What failed underneath, as it may be kept in an error: its words may be those of a plugin, an engine or an image. */
import { boundedText } from './foreign-text.ts';

/** Causes of causes are looked at down to this depth. */
const deepest = 8;

/** The cause itself where its texts are harmless, as nearly always; otherwise a copy of the same class with plain texts. */
export function plainCause(cause: unknown, depth = 0): unknown {
  if (typeof cause === 'string') return boundedText(cause);
  if (!(cause instanceof Error) || depth > deepest) return cause;
  const changes = new Map<string, unknown>();
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(cause))) {
    const plain =
      typeof value === 'string' || name === 'cause'
        ? plainCause(value, depth + 1)
        : name === 'errors' && Array.isArray(value)
          ? plainCauses(value, depth + 1)
          : (value as unknown);
    if (plain !== value) changes.set(name, plain);
  }
  const stack = typeof cause.stack === 'string' ? boundedText(cause.stack) : cause.stack;
  if (stack !== cause.stack) changes.set('stack', stack);
  return changes.size === 0 ? cause : copyWith(cause, changes);
}

function plainCauses(causes: readonly unknown[], depth: number): readonly unknown[] {
  const plain = causes.map((each) => plainCause(each, depth));
  return plain.some((each, at) => each !== causes[at]) ? plain : causes;
}

function copyWith(error: Error, changes: ReadonlyMap<string, unknown>): Error {
  const copy = new Error('');
  Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object);
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    if (name !== 'stack') Object.defineProperty(copy, name, { ...descriptor, configurable: true });
  }
  for (const [name, value] of changes) {
    Object.defineProperty(copy, name, { value, configurable: true, writable: true, enumerable: false });
  }
  if (!changes.has('stack')) {
    Object.defineProperty(copy, 'stack', { value: error.stack, configurable: true, writable: true });
  }
  return copy;
}
