/** Changes all texts in an error, including those of its causes. */
import { types } from 'node:util';

/** How deep causes of causes and data in errors are looked at. */
const deepest = 32;

type Change = (text: string) => string;

/**
 * Returns the value itself where the change leaves every text as it is; otherwise a copy of the same class with the
 * changed texts: message, stack, and whatever data it carries. Causes may lead back to the error. Never throws: getters
 * are not called, and proxies are not looked into.
 */
export function withTexts(value: unknown, change: Change): unknown {
  return changed(value, change, new Map(), 0);
}

/** @param copies the copies that are made already, or being made, by their originals */
function changed(value: unknown, change: Change, copies: Map<object, object>, depth: number): unknown {
  if (typeof value === 'string') return change(value);
  if (!isLookedInto(value) || depth > deepest) return value;
  const copy = copies.get(value);
  if (copy !== undefined) return copy;
  if (!holdsChange(value, change, new Map(), depth)) return value;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    copies.set(value, list);
    for (const each of value) list.push(changed(each, change, copies, depth + 1));
    return list;
  }
  const next: object = value instanceof Error ? new Error('') : {};
  if (value instanceof Error) Object.setPrototypeOf(next, Object.getPrototypeOf(value) as object);
  copies.set(value, next);
  for (const [name, descriptor] of properties(value)) {
    const property =
      'value' in descriptor
        ? { ...descriptor, value: changed(descriptor.value, change, copies, depth + 1) }
        : descriptor;
    Object.defineProperty(next, name, { ...property, configurable: true });
  }
  return next;
}

/** @param seen the values that are being or were looked into, with the smallest depth at which each was found */
function holdsChange(value: unknown, change: Change, seen: Map<object, number>, depth: number): boolean {
  if (typeof value === 'string') return change(value) !== value;
  if (!isLookedInto(value) || (seen.get(value) ?? deepest + 1) <= depth) return false;
  seen.set(value, depth);
  const parts: unknown[] = Array.isArray(value)
    ? value
    : properties(value).map(([, { value }]) => value as unknown);
  return parts.some((part) => holdsChange(part, change, seen, depth + 1));
}

/**
 * Returns the own properties, and the stack as a text: some versions of Node.js compute it only when it is asked for.
 */
function properties(value: object): [name: string, descriptor: PropertyDescriptor][] {
  const entries = Object.entries(Object.getOwnPropertyDescriptors(value));
  if (!(value instanceof Error)) return entries;
  const stack = { value: stackOf(value), writable: true, enumerable: false, configurable: true };
  return [...entries.filter(([name]) => name !== 'stack'), ['stack', stack]];
}

function stackOf(error: Error): string | undefined {
  try {
    return error.stack;
  } catch {
    return undefined;
  }
}

/** Whether a value is looked into. Only errors, lists and plain data are; anything else may be more than its texts. */
function isLookedInto(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false;
  return Array.isArray(value) || value instanceof Error || Object.getPrototypeOf(value) === Object.prototype;
}
