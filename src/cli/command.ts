import type { ExitCode } from './exit-codes.ts';
import type { Flags, FlagValues } from './flags.ts';
import type { Terminal } from './output/terminal.ts';
import { shownFlag, type ParsedArguments } from './parse-arguments.ts';
import { beginsWithTilde, onlyShellsExpand } from '../settings/user-path.ts';
import { UsageError } from './usage-error.ts';

/** Words that shells offer; others are allowed. */
export interface Words {
  readonly words: readonly string[];
  /** A command line, without `bulkhead`, that prints further words, one in each line. */
  readonly ask: string;
}

export interface Positional {
  /** Name as usage shows it, such as `IMAGE`. */
  readonly name: string;
  readonly optional?: boolean;
  /** The last one may take all words that are left, be it none. */
  readonly rest?: boolean;
  /** How shells complete it: with files, or with one of these words. */
  readonly complete?: 'file' | readonly string[] | Words;
}

export interface Context {
  readonly terminal: Terminal;
  /**
   * Aborted by Ctrl-C, SIGTERM, SIGQUIT, the loss of the terminal, and when nobody reads the output any more. The
   * command then cleans up and returns.
   */
  readonly signal: AbortSignal;
  /** Variables of the process. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * Makes SIGHUP call the listener instead of ending the command, if the command has no terminal that it could lose.
   */
  readonly onHangup: (listener: () => void) => Disposable;
  /**
   * Notes something that the command has done and that lasts, such as an image that is loaded. If the command fails
   * after that, it is told, and the exit code does not say that nothing was done.
   */
  readonly did: (what: string) => void;
}

/** One entry of the command table. Usage, help, completion and parsing are all made from it. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Paragraphs of further help. */
  readonly details: readonly string[];
  /** Example command lines, without `bulkhead`. */
  readonly examples: readonly string[];
  readonly positionals: readonly Positional[];
  readonly flags: Flags;
  /** @throws UsageError before anything is done */
  execute(given: ParsedArguments, context: Context): Promise<ExitCode>;
}

/** Several commands below one word, such as `plugin runtime`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandNode[];
}

export type CommandNode = Command | CommandGroup;

export function isGroup(node: CommandNode): node is CommandGroup {
  return 'commands' in node;
}

type PositionalValues<P extends readonly Positional[]> = {
  readonly [I in keyof P]: P[I] extends { readonly rest: true }
    ? readonly string[]
    : P[I] extends { readonly optional: true }
      ? string | undefined
      : string;
};

export interface CommandDefinition<F extends Flags, P extends readonly Positional[]> {
  readonly name: string;
  readonly summary: string;
  readonly details?: readonly string[];
  readonly examples?: readonly string[];
  readonly positionals?: P;
  readonly flags?: F;
  run(
    input: { readonly flags: FlagValues<F>; readonly args: PositionalValues<P> },
    context: Context,
  ): Promise<ExitCode>;
}

/** Makes a command whose `run` gets checked values. */
export function command<const F extends Flags = Flags, const P extends readonly Positional[] = []>(
  definition: CommandDefinition<F, P>,
): Command {
  const flags = definition.flags ?? ({} as F);
  const positionals = definition.positionals ?? ([] as readonly Positional[] as P);
  return {
    name: definition.name,
    summary: definition.summary,
    details: definition.details ?? [],
    examples: definition.examples ?? [],
    positionals,
    flags,
    async execute(given, context) {
      const values = Object.entries(flags).map(([name, flag]) => {
        const texts = given.flags.get(name) ?? [];
        if (flag.path === true) refuseNoPath(texts, shownFlag(name), flag.value);
        return [name, flag.convert(texts, shownFlag(name))];
      });
      checkCount(positionals, given.positionals);
      return definition.run(
        {
          flags: Object.fromEntries(values) as FlagValues<F>,
          args: valuesOf(positionals, given.positionals) as unknown as PositionalValues<P>,
        },
        context,
      );
    },
  };
}

/**
 * Refuses paths that nobody means: nothing, as a variable of a shell that is not set gives it; and `~`, which shells
 * leave alone inside a word such as `-directory=~/plugins`, so that a folder of that name would be made.
 */
function refuseNoPath(texts: readonly string[], name: string, value: string | undefined): void {
  if (texts.includes('')) {
    throw new UsageError(
      `${name} takes ${value === 'SOCKET' ? 'the path of a unix socket' : 'a path'}, not nothing`,
    );
  }
  const path = texts.find((text) => beginsWithTilde(text));
  if (path === undefined) return;
  throw new UsageError(`${name} is ${path}: ${onlyShellsExpand}; write ${name} ${path}`);
}

function valuesOf(
  positionals: readonly Positional[],
  given: readonly string[],
): readonly (string | readonly string[] | undefined)[] {
  return positionals.map(({ rest }, at) => (rest === true ? given.slice(at) : given[at]));
}

function checkCount(positionals: readonly Positional[], given: readonly string[]): void {
  const missing = positionals
    .slice(given.length)
    .find(({ optional, rest }) => optional !== true && rest !== true);
  if (missing !== undefined) throw new UsageError(`${missing.name} is missing`);
  if (positionals.at(-1)?.rest === true) return;
  const extra = given[positionals.length];
  if (extra === undefined) return;
  const expected = positionals.length === 0 ? 'none' : String(positionals.length);
  throw new UsageError(
    `too many arguments: ${expected} expected, and there is ${JSON.stringify(extra)}; flags take their value as -name=value or -name value`,
  );
}
