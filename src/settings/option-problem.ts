/** What is wrong with an option, and the error that reports it, which is the same for every check of options. */
import { InvalidOptionError } from '../errors.ts';
import { nearest } from './nearest.ts';

export interface OptionProblem {
  /** Where the option stands, from the outside in. Empty for the options as a whole. */
  readonly path: readonly PropertyKey[];
  /** How the option is wrong. It never repeats the value, which may be a secret. */
  readonly message: string;
  /** Whether the message names the operation. */
  readonly namesOperation?: true;
}

/** Names that other programs and fields use for an option, and that are not spelled like it. */
const otherNames: Readonly<Record<string, string>> = {
  memoryLock: 'mlock',
  memory_lock: 'mlock',
  memoryLockEnv: 'mlockEnv',
};

/** @param names the names that exist */
export function unknownName(
  path: readonly PropertyKey[],
  name: string,
  operation: string,
  names: Iterable<string>,
): OptionProblem {
  const known = [...names];
  const meant = known.find((each) => each === otherNames[name]) ?? nearest(name, known);
  const question = meant === undefined ? '' : `; did you mean ${meant}?`;
  return {
    path: [...path, name],
    message: `${operation} has no such option${question}`,
    namesOperation: true,
  };
}

export function optionError(problem: OptionProblem, operation: string): InvalidOptionError {
  const where = pathText(problem.path);
  const said = problem.namesOperation === true ? problem.message : `${problem.message} (${operation})`;
  return new InvalidOptionError(where === '' ? operation : where, said);
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
}
