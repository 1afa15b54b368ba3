/** Mutants that no test can notice, each with the reason: nothing that can be observed depends on what they change. */
import type { Mutant } from './operators.ts';

export interface Explained {
  /** Below `src`. */
  readonly file: string;
  /** Part of the line on which the mutant is. */
  readonly line: string;
  /** What the mutants change, as a run prints it behind the place. */
  readonly changes: readonly string[];
  readonly why: string;
}

export const explained: readonly Explained[] = [];

/** Why nobody can notice the mutant; `undefined` for one that a test has to notice. */
export function explanationOf(path: string, { lineText, change }: Mutant): string | undefined {
  const found = explained.find(
    ({ file, line, changes }) =>
      path === `src/${file}` && lineText.includes(line) && changes.includes(change),
  );
  return found?.why;
}
