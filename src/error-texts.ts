/** The texts in an error, with those of its causes, changed as a whole. */

/** Causes of causes, and data in errors, are looked at down to this depth. */
const deepest = 8;

/**
 * The error itself where the change leaves every text as it is; otherwise a copy of the same class with the changed
 * texts: message, stack, and whatever data it carries.
 */
export function withTexts(value: unknown, change: (text: string) => string, depth = 0): unknown {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null || depth > deepest) return value;
  if (Array.isArray(value))
    return ifChanged(
      value,
      value.map((each) => withTexts(each, change, depth + 1)),
    );
  if (value instanceof Error) return errorWithTexts(value, change, depth);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(
    ([name, each]) => [name, withTexts(each, change, depth + 1)] as const,
  );
  return entries.some(([name, each]) => each !== (value as Record<string, unknown>)[name])
    ? Object.fromEntries(entries)
    : value;
}

function ifChanged(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.some((each, at) => each !== before[at]) ? after : before;
}

function errorWithTexts(error: Error, change: (text: string) => string, depth: number): Error {
  const changes = new Map<string, unknown>();
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    const changed = withTexts(value, change, depth + 1);
    if (changed !== value) changes.set(name, changed);
  }
  const stack = typeof error.stack === 'string' ? change(error.stack) : error.stack;
  if (stack !== error.stack) changes.set('stack', stack);
  return changes.size === 0 ? error : copyWith(error, changes);
}

function copyWith(error: Error, changes: ReadonlyMap<string, unknown>): Error {
  const copy = new Error('');
  Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object);
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    if (name !== 'stack') Object.defineProperty(copy, name, { ...descriptor, configurable: true });
  }
  for (const [name, value] of changes) {
    const enumerable = Object.getOwnPropertyDescriptor(error, name)?.enumerable ?? false;
    Object.defineProperty(copy, name, { value, configurable: true, writable: true, enumerable });
  }
  if (!changes.has('stack')) {
    Object.defineProperty(copy, 'stack', { value: error.stack, configurable: true, writable: true });
  }
  return copy;
}
