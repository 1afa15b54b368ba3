/** What a function that takes options has to refuse, as a table, and how that is tried. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidOptionError } from '../../src/errors.ts';

/** A function that takes options. */
export interface Taker {
  /** Calls it with these options. */
  readonly call: (options: unknown) => unknown;
  /** Under which name an argument stands that is no options. */
  readonly argument?: string;
  /** Options that it takes, with which nothing is done: the signal has been aborted, or what they name is not there. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Whether it can't do without options. */
  readonly required?: boolean;
  /** By the path of an option: values that it must not have. */
  readonly wrong?: Readonly<Record<string, readonly unknown[]>>;
  /** Paths of the options that have options of their own. */
  readonly nested?: readonly string[];
}

/** A call that has to be refused because of its arguments, and the argument that is to be named. */
export type WrongCall = readonly [argument: string, call: () => unknown];

/** Everything that has to be refused, by the name of the function. */
export interface Refusals {
  readonly takers: Readonly<Record<string, Taker>>;
  readonly wrongCalls?: Readonly<Record<string, readonly WrongCall[]>>;
}

export const aborted = AbortSignal.abort();
const secret = 'S3CRET-value';

/** Values of other kinds, the likely mistakes among them. */
export const wrong = {
  flag: ['yes', 1, null],
  text: [7, null, {}],
  filled: [7, null, ''],
  count: [NaN, -1, 1.5, '1', null],
  positive: [NaN, 0, -1, 1.5, '1', null],
  milliseconds: [NaN, -1, '100', Infinity, 2 ** 31, null],
  timeLimit: [NaN, 0, -1, '100', Infinity, 2 ** 31, null],
  callTimeout: [NaN, 0, -1, '100', null],
  callback: ['x', {}, null],
  signal: ['x', {}, new AbortController(), null],
  texts: ['x', [7], [null], null],
  record: ['x', 7, null, { name: 7 }],
  choice: [secret, 7, null],
} as const;

/** Tries all of it, one test for each function and kind of mistake. */
export function testRefusals({ takers, wrongCalls = {} }: Refusals): void {
  for (const [name, taker] of Object.entries(takers)) {
    for (const path of ['', ...(taker.nested ?? [])]) {
      test(`${name} refuses an unknown option${path === '' ? '' : ` in ${path}`}`, async () => {
        const unknown = path === '' ? 'unheardOf' : `${path}.unheardOf`;
        const prefix = taker.argument === undefined ? '' : `${taker.argument}.`;
        await refused(
          () => taker.call(withOption(taker.options ?? {}, unknown, secret)),
          `${prefix}${unknown}`,
          /no such option/,
        );
      });
    }
    for (const [option, values] of Object.entries(taker.wrong ?? {})) {
      test(`${name} refuses a wrong ${option}`, async () => {
        for (const value of values)
          await refused(
            () => taker.call(withOption(taker.options ?? {}, option, value)),
            [taker.argument, option].filter(Boolean).join('.'),
          );
      });
    }
    test(`${name} refuses what is no object of options`, async () => {
      for (const value of [null, 7, secret, [secret], ...(taker.required === true ? [undefined] : [])])
        await refused(() => taker.call(value), '');
    });
  }
  for (const [name, calls] of Object.entries(wrongCalls)) {
    test(`${name} refuses wrong arguments`, async () => {
      for (const [argument, call] of calls) await refused(call, argument);
    });
  }
}

/** @param option which is to be named, or what is in it; empty for any */
async function refused(call: () => unknown, option: string, message = /./): Promise<void> {
  const error = await Promise.resolve()
    .then(call)
    .then(drawn)
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  assert.ok(error instanceof InvalidOptionError, `not refused: ${String(error)}`);
  assert.ok(error.option.startsWith(option), `${error.option} in place of ${option}`);
  assert.match(error.message, message);
  assert.ok(!error.message.includes(secret), error.message);
}

/** A stream begins when it is drawn from. */
async function drawn(result: unknown): Promise<void> {
  if (typeof result !== 'object' || result === null || !(Symbol.asyncIterator in result)) return;
  for await (const _ of result as AsyncIterable<unknown>) return;
}

function withOption(options: Readonly<Record<string, unknown>>, path: string, value: unknown): object {
  const [first = '', ...rest] = path.split('.');
  const inner = (options[first] ?? {}) as Readonly<Record<string, unknown>>;
  return { ...options, [first]: rest.length === 0 ? value : withOption(inner, rest.join('.'), value) };
}
