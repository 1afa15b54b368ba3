/**
 * Checks of options without schemas. A plugin loads this package whenever it is started, and loading zod alone would
 * take a tenth of a second. Also, the options of a single call have to be checked in less than a microsecond.
 */
import { optionError, unknownName, type OptionProblem } from './option-problem.ts';

/** Returns what is wrong with a value. A value that is `undefined` was left out, which only `required` refuses. */
export type Check = (value: unknown, operation: string) => OptionProblem | undefined;

/** A check for every option of `T`, so that none can be forgotten. */
export type Shape<T> = { readonly [K in keyof Required<T>]: Check };

/** The longest time to which a timer of Node.js can be set. */
export const longestTimerMs = 2_147_483_647;

const wrong = (message: string): OptionProblem => ({ path: [], message });

/** Accepts whatever passes the test. */
export function that(test: (value: unknown) => boolean, message: string): Check {
  const problem = wrong(message);
  return (value) => (value === undefined || test(value) ? undefined : problem);
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export const flag = that((value) => typeof value === 'boolean', 'must be true or false');
export const callback = that((value) => typeof value === 'function', 'must be a function');
export const signal = that((value) => value instanceof AbortSignal, 'must be an AbortSignal');
export const text = textThat(() => true, 'must be a text without a NUL character');
export const filledText = textThat((value) => value !== '', 'must be a string that is not empty');
/** Time to wait, in milliseconds, which may be 0. */
export const milliseconds = numberFrom(0, longestTimerMs, 'a number of milliseconds');
/** Time within which something has to be over, in milliseconds. */
export const timeLimit = numberFrom(1, longestTimerMs, 'a number of milliseconds');

export function textThat(test: (value: string) => boolean, message: string): Check {
  return that((value) => typeof value === 'string' && !value.includes('\0') && test(value), message);
}

function numberFrom(least: number, most: number, what: string): Check {
  return that(
    (value) => isNumber(value) && value >= least && value <= most,
    `must be ${what} from ${least} to ${most}`,
  );
}

export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): Check {
  const upTo = most === Number.MAX_SAFE_INTEGER ? 'up' : `to ${most}`;
  return that(
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    `must be a whole number from ${least} ${upTo}`,
  );
}

/** A fraction, both ends included. */
export const fraction = that(
  (value) => isNumber(value) && value >= 0 && value <= 1,
  'must be a number from 0 to 1',
);

export function oneOf(...values: readonly (string | boolean)[]): Check {
  return that(
    (value) => values.includes(value as string),
    `must be ${values.map((each) => JSON.stringify(each)).join(' or ')}`,
  );
}

/** Accepts whatever passes one of the checks. If none passes, the problem that the last one found is reported. */
export function anyOf(...checks: readonly Check[]): Check {
  return (value, operation) => {
    let problem: OptionProblem | undefined;
    for (const check of checks) {
      problem = check(value, operation);
      if (problem === undefined) return undefined;
    }
    return problem;
  };
}

/** Accepts whatever passes all of the checks, in order: a later check may rely on the earlier ones. */
export function allOf(...checks: readonly Check[]): Check {
  return (value, operation) => {
    for (const check of checks) {
      const problem = check(value, operation);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

export function required(check: Check, message = 'must be given'): Check {
  return (value, operation) => (value === undefined ? wrong(message) : check(value, operation));
}

export function listOf(check: Check): Check {
  return (value, operation) => {
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return wrong('must be a list');
    return firstProblem(value.entries(), required(check), operation);
  };
}

/** Accepts an object with any names. */
export function recordOf(check: Check): Check {
  return (value, operation) => {
    if (value === undefined) return undefined;
    if (!isRecord(value)) return wrong('must be an object');
    return firstProblem(Object.entries(value), check, operation);
  };
}

/** Accepts an object that has methods of these names, whatever else it has. */
export function objectWith(...methods: readonly string[]): Check {
  return that(
    (value) =>
      value !== null &&
      ['object', 'function'].includes(typeof value) &&
      methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
    `must have the ${methods.length > 1 ? 'methods' : 'method'} ${methods.join(', ')}`,
  );
}

/** Accepts an object with these options and no others. */
export function shapeOf<T>(shape: Shape<T>): Check {
  const known = new Map<string, Check>(Object.entries<Check>(shape));
  const fields = fieldsOf(shape);
  return (value, operation) => {
    if (isRecord(value)) {
      for (const name of Object.keys(value))
        if (!known.has(name)) return unknownName([], name, operation, known.keys());
    }
    return fields(value, operation);
  };
}

/** Accepts an object with these options, whatever else it has. */
export function fieldsOf<T>(shape: Shape<T>): Check {
  const checks = Object.entries<Check>(shape);
  return (value, operation) => {
    if (value === undefined) return undefined;
    if (!isRecord(value)) return wrong('must be an object of options');
    for (const [name, check] of checks) {
      const problem = check(value[name], operation);
      if (problem !== undefined) return below(name, problem);
    }
    return undefined;
  };
}

/**
 * Checks the options of `operation`; an option that was left out is accepted unless its check is `required`.
 *
 * @throws InvalidOptionError naming the option; its value is never part of the message, since it may be a secret
 */
export function checkShape(operation: string, check: Check, options: unknown): void {
  const problem = check(options, operation);
  if (problem !== undefined) throw optionError(problem, operation);
}

/**
 * Checks an argument that is not one of the options and has to be given.
 *
 * @throws InvalidOptionError naming the argument
 */
export function checkArgument(operation: string, name: string, check: Check, value: unknown): void {
  const problem = value === undefined ? wrong('must be given') : check(value, operation);
  if (problem !== undefined) throw optionError(below(name, problem), operation);
}

function firstProblem(
  entries: Iterable<readonly [PropertyKey, unknown]>,
  check: Check,
  operation: string,
): OptionProblem | undefined {
  for (const [key, value] of entries) {
    const problem = check(value, operation);
    if (problem !== undefined) return below(key, problem);
  }
  return undefined;
}

function below(key: PropertyKey, problem: OptionProblem): OptionProblem {
  return { ...problem, path: [key, ...problem.path] };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
