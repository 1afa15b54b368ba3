/**
 * Makes `instanceof` work for errors of another copy of this package, which a program has when two of its dependencies
 * bring their own.
 */
import { types } from 'node:util';

const names = new WeakMap<object, symbol>();

/**
 * Gives a class of errors a name that all copies of the package know. The name is on the prototype, so that an error of
 * a subclass has the names of all its classes.
 */
export function nameErrorClass(errorClass: { readonly prototype: Error }, name: string): void {
  const symbol = Symbol.for(`bulkhead.error.${name}`);
  names.set(errorClass, symbol);
  Object.defineProperty(errorClass.prototype, symbol, { value: true });
}

/**
 * Whether the value is an error of the class, from this copy of the package or another. A class without a name, such as
 * a subclass that a user of the package wrote, matches only its own errors. Only real errors count, and only what their
 * prototypes say: data with a `code`, or with the name as a property, is not one.
 */
export function isErrorOf(errorClass: { readonly prototype: Error }, value: unknown): boolean {
  if (!types.isNativeError(value)) return false;
  const symbol = names.get(errorClass);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (symbol === undefined) return Object.prototype.isPrototypeOf.call(errorClass.prototype, value);
  return typeof prototype === 'object' && prototype !== null && symbol in prototype;
}
