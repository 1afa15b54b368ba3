import type { Words } from './command.ts';
import { UsageError } from './usage-error.ts';

/**
 * A flag of a command. Its name is written with underscores, as Vault's are (`oci_runtime`); on the command line `-` and
 * `_` are the same, and so are one dash and two.
 */
export interface Flag<T> {
  readonly summary: string;
  /** Placeholder of the value in help, such as `NAME`; absent for a flag without a value. */
  readonly value?: string | undefined;
  /** The only allowed values. */
  readonly choices?: readonly string[] | undefined;
  readonly repeatable?: boolean | undefined;
  /** A single letter for the same flag, such as `f`. */
  readonly short?: string | undefined;
  /** An older or second name for the same flag, which help does not show. */
  readonly alias?: string | undefined;
  /** Whether the value is a path, which shells complete. */
  readonly path?: boolean | undefined;
  /** What shells offer for the value. */
  readonly suggest?: Words | undefined;
  readonly required?: boolean | undefined;
  /**
   * Converts what was given to the flag's value.
   *
   * @param texts the given texts in order; empty when the flag was not given
   * @param name name for errors, such as `-oci_runtime`
   */
  readonly convert: (texts: readonly string[], name: string) => T;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;

export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never;
};

type Extras = Pick<Flag<unknown>, 'short' | 'alias' | 'path' | 'suggest'>;

/** A flag for any text. If it is given more than once, the last text counts, as with Vault's flags. */
export function text(value: string, summary: string, extras: Extras = {}): Flag<string | undefined> {
  return { value, summary, ...extras, convert: (texts) => texts.at(-1) };
}

/** A required flag for any text. */
export function requiredText(value: string, summary: string, extras: Extras = {}): Flag<string> {
  return {
    value,
    summary: `${summary} (required)`,
    required: true,
    ...extras,
    convert(texts, name) {
      const last = texts.at(-1);
      if (last === undefined || last === '') throw new UsageError(`${name} is required`);
      return last;
    },
  };
}

/** A flag that may be repeated; its value is every given text, in order. */
export function texts(value: string, summary: string, extras: Extras = {}): Flag<readonly string[]> {
  return {
    value,
    summary: `${summary} (repeatable)`,
    repeatable: true,
    ...extras,
    convert: (given) => given,
  };
}

/** A flag that is set or not; `-x=false` unsets it. */
export function toggle(summary: string, extras: Extras = {}): Flag<boolean> {
  return { summary, ...extras, convert: (given, name) => toBoolean(given.at(-1) ?? 'false', name) };
}

/** Makes a flag that converts its value, and has none when it was not given. */
export function given<T, U>(flag: Flag<T>, convert: (value: T) => U): Flag<U | undefined> {
  return {
    ...flag,
    convert: (words, name) => (words.length === 0 ? undefined : convert(flag.convert(words, name))),
  };
}

/** A flag that is set, or names a path: `-x` is true, `-x=PATH` the path, and `-x=false` unsets it. */
export function hostPath(summary: string, extras: Extras = {}): Flag<boolean | string> {
  return {
    summary,
    ...extras,
    convert(given, name) {
      const last = given.at(-1) ?? 'false';
      if (last === '') throw new UsageError(`${name} is given without a path behind the =`);
      return ['true', 'false'].includes(last) ? last === 'true' : last;
    },
  };
}

/** A flag for a whole number that is not negative. */
export function whole(value: string, summary: string, extras: Extras = {}): Flag<number | undefined> {
  return { value, summary, ...extras, convert: (given, name) => lastAs(toWhole, given, name) };
}

/** A flag for one of a few values; the first is the default. */
export function choice<const C extends readonly [string, ...string[]]>(
  choices: C,
  summary: string,
  extras: Extras = {},
): Flag<C[number]> {
  return {
    value: choices.join('|'),
    summary: `${summary} (default: ${choices[0]})`,
    choices,
    ...extras,
    convert(given, name) {
      const last = given.at(-1) ?? choices[0];
      if (choices.includes(last)) return last;
      throw new UsageError(`${name} is one of ${choices.join(', ')}, not ${JSON.stringify(last)}`);
    },
  };
}

/** A flag for one of a few values, without a default. */
export function optionalChoice<const C extends readonly [string, ...string[]]>(
  choices: C,
  summary: string,
  extras: Extras = {},
): Flag<C[number] | undefined> {
  const flag = choice(choices, summary, extras);
  return {
    ...flag,
    summary,
    convert: (given, name) => (given.length === 0 ? undefined : flag.convert(given, name)),
  };
}

/** A flag for a number of bytes, which may be given as `256M` or `256MiB`. */
export function bytes(value: string, summary: string, extras: Extras = {}): Flag<number | undefined> {
  return { value, summary, ...extras, convert: (given, name) => lastAs(toBytes, given, name) };
}

function lastAs<T>(
  convert: (text: string, name: string) => T,
  given: readonly string[],
  name: string,
): T | undefined {
  const last = given.at(-1);
  return last === undefined ? undefined : convert(last, name);
}

/** Extends a flag for a limit with the word `unlimited`. */
export function liftable(flag: Flag<number | undefined>): Flag<number | 'unlimited' | undefined> {
  return {
    ...flag,
    convert: (given, name) => (given.at(-1) === 'unlimited' ? 'unlimited' : flag.convert(given, name)),
  };
}

export function toWhole(given: string, name: string): number {
  const number = Number(given);
  if (/^\d+$/.test(given) && Number.isSafeInteger(number)) return number;
  throw new UsageError(`${name} takes a whole number that is not negative, not ${JSON.stringify(given)}`);
}

const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

function toBytes(given: string, name: string): number {
  const [, digits = '', unit = ''] = /^(\d+)(?:([kmg])(?:i?b)?)?$/i.exec(given) ?? [];
  const number = Number(digits) * (units[unit.toLowerCase()] ?? 1);
  if (digits !== '' && Number.isSafeInteger(number)) return number;
  throw new UsageError(
    `${name} takes a number of bytes such as 268435456 or 256M, not ${JSON.stringify(given)}`,
  );
}

function toBoolean(given: string, name: string): boolean {
  if (given === 'true' || given === '1') return true;
  if (given === 'false' || given === '0') return false;
  throw new UsageError(`${name} is true or false, not ${JSON.stringify(given)}`);
}
