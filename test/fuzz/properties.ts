/** Properties that several parsers must have. A property that does not hold throws an AssertionError. */
import assert from 'node:assert/strict';
import { inputSeed, Random } from './random.ts';

/** What a parser made of an input: a value, or the error by which it refused it. */
export type Outcome = { readonly value: unknown } | { readonly refused: string };

/**
 * A parser of streams makes the same of an input however it is cut into pieces. Throws what the parser throws for the
 * input in one piece.
 */
export function sameHoweverCut<T>(input: Buffer, parse: (pieces: readonly Buffer[]) => T): T {
  const whole = outcome(() => parse([input]));
  for (const pieces of cuts(input)) {
    assert.deepEqual(outcome(() => parse(pieces)).outcome, whole.outcome, cutInto(pieces));
  }
  return whole.result();
}

/** The same for parsers that are asynchronous. Which of two errors is met first is left open, but not whether one is. */
export async function sameHoweverItComes<T>(
  input: Buffer,
  parse: (pieces: readonly Buffer[]) => Promise<T>,
): Promise<T> {
  const whole = await asyncOutcome(() => parse([input]));
  for (const pieces of cuts(input)) {
    const { outcome: cut } = await asyncOutcome(() => parse(pieces));
    if ('refused' in cut && 'refused' in whole.outcome) continue;
    assert.deepEqual(cut, whole.outcome, cutInto(pieces));
  }
  return whole.result();
}

/** What comes out is not out of proportion to what went in. */
export function bounded(what: string, size: number, input: Uint8Array, factor: number, free = 1024): void {
  assert.ok(size <= input.length * factor + free, `${what}: ${size} out of ${input.length} bytes`);
}

/** The input in other pieces: in two anywhere, in several, and short ones in single bytes. */
function cuts(input: Buffer): Buffer[][] {
  const random = new Random(inputSeed(input.length, input.toString('latin1', 0, 64), 0));
  const one = random.below(input.length + 1);
  const size = 1 + random.below(600);
  const made = [[input.subarray(0, one), input.subarray(one)], inPieces(input, size)];
  if (input.length <= 300) made.push(inPieces(input, 1));
  return made;
}

function inPieces(input: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < input.length; at += size) pieces.push(input.subarray(at, at + size));
  return pieces;
}

function cutInto(pieces: readonly Buffer[]): string {
  return `cut into ${pieces
    .slice(0, 3)
    .map(({ length }) => length)
    .join(', ')}... bytes`;
}

interface Run<T> {
  readonly outcome: Outcome;
  readonly result: () => T;
}

function outcome<T>(run: () => T): Run<T> {
  try {
    const value = run();
    return { outcome: { value }, result: () => value };
  } catch (error) {
    return failed(error);
  }
}

async function asyncOutcome<T>(run: () => Promise<T>): Promise<Run<T>> {
  try {
    const value = await run();
    return { outcome: { value }, result: () => value };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): Run<never> {
  const { name, message } = error as Error;
  return {
    outcome: { refused: `${name}: ${message}` },
    result: () => {
      throw error;
    },
  };
}
