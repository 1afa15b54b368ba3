import { UsageError } from './usage-error.ts';

/**
 * A flag of a command. Its name is written with underscores, as Vault's are (`oci_runtime`); on the command line `-` and
 * `_` are the same, and so are one dash and two.
 */
export interface Flag<T> {
  readonly summary: string;
  /** What stands for the value in help, such as `NAME`; absent for a flag that is there or not. */
  readonly value?: string | undefined;
  /** The only values there are. */
  readonly choices?: readonly string[] | undefined;
  readonly repeatable?: boolean | undefined;
  /** A single letter for the same, such as `f`. */
  readonly short?: string | undefined;
  /** An older or second name for the same; not in help. */
  readonly alias?: string | undefined;
  /** The value is a path: shells complete it. */
  readonly path?: boolean | undefined;
  readonly required?: boolean | undefined;
  /**
   * @param texts as given, in order; empty when the flag was not given
   * @param name for errors, such as `-oci_runtime`
   */
  readonly convert: (texts: readonly string[], name: string) => T;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;

export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never;
};

type Extras = Pick<Flag<unknown>, 'short' | 'alias' | 'path'>;

/** Any text. Given more than once, the last counts, as with Vault's. */
export function text(value: string, summary: string, extras: Extras = {}): Flag<string | undefined> {
  return { value, summary, ...extras, convert: (texts) => texts.at(-1) };
}

/** Any text, and it has to be there. */
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

/** Every text that was given, in order. */
export function texts(value: string, summary: string, extras: Extras = {}): Flag<readonly string[]> {
  return {
    value,
    summary: `${summary} (repeatable)`,
    repeatable: true,
    ...extras,
    convert: (given) => given,
  };
}

/** There or not; `-x=false` says not. */
export function toggle(summary: string, extras: Extras = {}): Flag<boolean> {
  return { summary, ...extras, convert: (given, name) => toBoolean(given.at(-1) ?? 'false', name) };
}

/** A whole number, not negative. */
export function whole(value: string, summary: string, extras: Extras = {}): Flag<number | undefined> {
  return { value, summary, ...extras, convert: (given, name) => lastAs(toWhole, given, name) };
}

/** One of a few; the first is the default. */
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

/** One of a few, or none. */
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

/** A number of bytes, also as `256M`, `256MiB`. */
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

/** A limit that has a default, and a word that lifts it. */
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
