/**
 * Which engines a case is tried on. Every case on every engine would take hours and show little more, so that each case has
 * its share of them in turn, and each engine its share of the cases.
 */
import { it, type TestContext } from 'node:test';
import { everything } from '../everything.ts';

/** The place where the case with this number is tried. */
export function inTurn<Place>(places: readonly Place[], index: number): readonly Place[] {
  return places.filter((_, place) =>
    isInTurn(place + places.length - (index % places.length), places.length),
  );
}

/**
 * Whether it is the turn of a case at a place, whose numbers are added up, when each case is tried at one of so many places.
 */
export function isInTurn(numbers: number, places: number): boolean {
  return everything || numbers % places === 0;
}

interface Limits {
  readonly timeout?: number;
  readonly skip?: boolean | string;
}
type Test = (t: TestContext) => Promise<void> | undefined;

/** Declares a test as `it` does, if it is its turn. */
export interface TestInTurn {
  (title: string, test: Test): void;
  (title: string, limits: Limits, test: Test): void;
}

/** Declares the tests of the place with this number, each of which runs at one of so many places in turn. */
export function testsInTurn(place: number, places: number, limits: Limits = {}): TestInTurn {
  let turn = place;
  return (title: string, ...rest: [Test] | [Limits, Test]): void => {
    const [own, test] = rest.length === 1 ? [limits, rest[0]] : rest;
    if (isInTurn(turn, places)) it(title, own, test);
    turn += 1;
  };
}
