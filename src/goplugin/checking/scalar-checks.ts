/**
 * What the scalar types of protobuf take. protobuf.js converts whatever it is given, and so sends something else than was
 * meant: a text for a number becomes 0, a number that is too large is cut, `'false'` becomes true.
 */
import { isUint8Array } from 'node:util/types';

export interface ScalarCheck {
  /** What it takes, as an error says it. */
  readonly takes: string;
  readonly test: (value: unknown) => boolean;
}

function whole32(least: number, most: number): ScalarCheck {
  return {
    takes: `a whole number from ${least} to ${most}`,
    test: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  };
}

/** The decimal digits of an integer of 64 bits are at most 20. */
const decimal = /^-?\d{1,20}$/;

function whole64(least: bigint, most: bigint): ScalarCheck {
  const within = (value: bigint): boolean => value >= least && value <= most;
  return {
    takes: `a whole number from ${least} to ${most}: beyond 2^53 as a decimal string or a bigint`,
    test: (value) => {
      if (typeof value === 'number') return Number.isSafeInteger(value) && (value >= 0 || least < 0n);
      if (typeof value === 'bigint') return within(value);
      if (typeof value === 'string') return decimal.test(value) && within(BigInt(value));
      return isLong(value);
    },
  };
}

/** Whether it is an integer of the package `long`, or has its form. */
function isLong(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { low, high } = value as { low?: unknown; high?: unknown };
  return Number.isInteger(low) && Number.isInteger(high);
}

const double: ScalarCheck = {
  takes: 'a number',
  // JSON has no other way to write these three.
  test: (value) =>
    typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity',
};

const float: ScalarCheck = {
  takes: 'a number that 32 bits can hold',
  test: (value) =>
    double.test(value) && (!Number.isFinite(value) || Number.isFinite(Math.fround(value as number))),
};

/** Half of a surrogate pair has no form in UTF-8, and would arrive as another character. */
const string: ScalarCheck = {
  takes: 'a string of well-formed Unicode',
  test: (value) => typeof value === 'string' && (value as WellFormed).isWellFormed(),
};

type WellFormed = string & { isWellFormed(): boolean };

const int32 = whole32(-2_147_483_648, 2_147_483_647);
const uint32 = whole32(0, 4_294_967_295);
const int64 = whole64(-(2n ** 63n), 2n ** 63n - 1n);
const uint64 = whole64(0n, 2n ** 64n - 1n);

const bytes: ScalarCheck = {
  takes: 'bytes as a string of base64, a Buffer or a Uint8Array',
  test: (value) => {
    if (isUint8Array(value)) return true;
    if (typeof value === 'string') return isBase64(value);
    return Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
  },
};

/** Accepts both alphabets of base64 (RFC 4648), with or without padding. */
function isBase64(text: string): boolean {
  if (!/^[\w+/-]*={0,2}$/.test(text)) return false;
  const digits = text.replace(/=+$/, '').length;
  return digits % 4 !== 1 && (digits === text.length || text.length % 4 === 0);
}

export const scalarChecks: Readonly<Record<string, ScalarCheck>> = {
  double,
  float,
  int32,
  sint32: int32,
  sfixed32: int32,
  uint32,
  fixed32: uint32,
  int64,
  sint64: int64,
  sfixed64: int64,
  uint64,
  fixed64: uint64,
  bool: { takes: 'true or false', test: (value) => typeof value === 'boolean' },
  string,
  bytes,
};

/** What the keys of a map take, which are texts in an object. */
export const keyChecks: Readonly<Record<string, ScalarCheck>> = {
  ...Object.fromEntries(
    Object.entries(scalarChecks)
      .filter(([, { takes }]) => takes.startsWith('a whole number'))
      .map(([name, check]) => [name, wholeKey(check)]),
  ),
  // protobuf.js takes every text for true that is not empty.
  bool: { takes: "the key true: false can't be sent as a key", test: (value) => value === 'true' },
  string,
};

function wholeKey({ takes, test }: ScalarCheck): ScalarCheck {
  return {
    takes: takes.replace('a whole number', 'keys that are whole numbers').replace(/: beyond.*/, ''),
    test: (key) => decimal.test(key as string) && test(takes.includes('2^53') ? key : Number(key)),
  };
}
