/** Exit codes of the command line: 1 the thing asked about is not so, 2 wrong usage, 3 the environment is at fault. */
export const exitCodes = { ok: 0, no: 1, usage: 2, environment: 3 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

export interface Command {
  readonly name: string;
  /** The words after the name, for the usage line. */
  readonly synopsis: string;
  readonly summary: string;
  /** @param signal aborted by Ctrl-C: the command cleans up and returns */
  run(args: readonly string[], output: Output, signal: AbortSignal): Promise<ExitCode>;
}

/** Thrown for wrong arguments; leads to exit code 2 and the command's usage. */
export class UsageError extends Error {}
