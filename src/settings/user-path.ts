/** Checks of paths that a user gives. Relative ones are resolved by whoever uses them. */
import { allOf, filledText, textThat } from './option-shape.ts';

/** Why a path with `~` does not lead to a home. */
export const onlyShellsExpand = 'only a shell expands ~, and only at the beginning of a word';

/** Whether a path begins with `~`, which a shell would have replaced by the user's home. */
export function beginsWithTilde(path: string): boolean {
  return path === '~' || path.startsWith('~/');
}

/** A path of a file or folder. */
export const userPath = allOf(
  filledText,
  textThat((value) => !beginsWithTilde(value), `must be written out: ${onlyShellsExpand}`),
);
