/** Reads the fields of a body as leniently as Vault does: numbers and truth values may be texts, lists may have commas. */
import type { VaultData } from '../../vault/index.ts';
import { ApiError } from '../http/api-error.ts';
import { millisecondsOf } from './vault-duration.ts';

export class Fields {
  readonly #data: VaultData;
  readonly #asked = new Set<string>();

  constructor(data: VaultData) {
    this.#data = data;
  }

  /** @returns `undefined` for a field that is absent or null */
  any(...names: readonly string[]): unknown {
    for (const name of names) this.#asked.add(name);
    const name = names.find((each) => Object.hasOwn(this.#data, each));
    return name === undefined ? undefined : (this.#data[name] ?? undefined);
  }

  text(...names: readonly string[]): string | undefined {
    const value = this.any(...names);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
      return String(value);
    throw wrong(names, 'a text');
  }

  flag(...names: readonly string[]): boolean | undefined {
    const value = this.any(...names);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'true' || value === '1' || value === 1) return true;
    if (value === 'false' || value === '0' || value === 0 || value === '') return false;
    throw wrong(names, 'true or false');
  }

  /** A whole number, which may be a text. */
  whole(...names: readonly string[]): number | undefined {
    const value = this.any(...names);
    if (value === undefined || value === '') return undefined;
    const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
    if (Number.isSafeInteger(number)) return number as number;
    throw wrong(names, 'a whole number');
  }

  /** A list of texts, or one text with commas. */
  list(...names: readonly string[]): string[] | undefined {
    const value = this.any(...names);
    if (value === undefined) return undefined;
    if (typeof value === 'string') return value.split(',').flatMap((each) => each.trim() || []);
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
    throw wrong(names, 'a list of texts');
  }

  /** An object of texts; numbers and truth values become texts. */
  texts(...names: readonly string[]): Record<string, string> | undefined {
    const value = this.any(...names);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrong(names, 'an object of texts');
    const inner = new Fields(value as VaultData);
    return Object.fromEntries(Object.keys(value).map((name) => [name, inner.text(name) ?? '']));
  }

  /** An object with fields of its own. */
  inner(name: string): Fields {
    const value = this.any(name) ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw wrong([name], 'an object');
    return new Fields(value as VaultData);
  }

  /** A time such as `1h30m`, or a number of seconds. */
  milliseconds(...names: readonly string[]): number | undefined {
    const value = this.any(...names);
    if (value === undefined || value === '' || value === 'system') return undefined;
    const parsed =
      typeof value === 'string' || typeof value === 'number' ? millisecondsOf(String(value)) : undefined;
    if (parsed === undefined) throw wrong(names, 'a time such as 1h30m, or a number of seconds');
    return parsed;
  }

  /** Notes a field that changes nothing, whatever it is. */
  pass(...names: readonly string[]): void {
    for (const name of names) this.#asked.add(name);
  }

  /** Refuses what would be promised and not done: every value of the field but false, nothing and 0. */
  refuse(why: string, ...names: readonly string[]): void {
    for (const name of names) {
      const value = this.any(name);
      const isNothing = [undefined, false, 'false', '', 0, '0', '0s'].includes(value as string);
      if (!isNothing && !(Array.isArray(value) && value.length === 0))
        throw new ApiError(400, `the field ${name} can't be set to that: ${why}`);
    }
  }

  /** Names the fields that nobody asked for, in Vault's words. */
  get ignored(): string[] {
    const names = Object.keys(this.#data).filter((name) => !this.#asked.has(name));
    return names.length === 0
      ? []
      : [`Endpoint ignored these unrecognized parameters: [${names.sort().join(' ')}]`];
  }
}

function wrong(names: readonly string[], what: string): ApiError {
  return new ApiError(400, `Field validation failed: the field ${names[0] ?? ''} has to be ${what}`);
}
