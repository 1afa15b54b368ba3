import { BulkheadError, type Blame } from '../errors.ts';
import { property } from '../thrown-value.ts';

/** The exit codes of the command line. This is the only place that defines them; `bulkhead help` prints it. */
export const exitCodes = { ok: 0, no: 1, usage: 2, environment: 3 } as const;

export type ExitCode = number;

/** The meaning of each exit code, in the order of the numbers. */
export const exitCodeMeanings: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'yes, or done'],
  ['1', 'no: what was asked about is not so, or the plugin, image or catalog entry does not allow it'],
  ['2', 'the command line was wrong; nothing was done'],
  ['3', 'no answer: an engine, file or setting of this machine is in the way'],
  ['128+N', 'ended by signal N, after cleaning up (130 is Ctrl-C)'],
];

/** The exit code for each blame. */
const exitCodeOfBlame: Readonly<Record<Blame, ExitCode>> = {
  usage: exitCodes.usage,
  request: exitCodes.no,
  plugin: exitCodes.no,
  image: exitCodes.no,
  engine: exitCodes.environment,
  machine: exitCodes.environment,
  catalog: exitCodes.environment,
};

/**
 * The exit code for an error. Errors that are not Bulkhead's, such as those of the file system, are blamed on the
 * machine, and so are those of another copy of Bulkhead that blames something unknown here.
 */
export function exitCodeOf(error: unknown): ExitCode {
  const blame = property(BulkheadError.from(error), 'blames');
  return new Map<unknown, ExitCode>(Object.entries(exitCodeOfBlame)).get(blame) ?? exitCodes.environment;
}
