import { isGroup, type CommandNode, type Context } from './command.ts';
import { commandModules } from './command-modules.ts';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts';
import { commandHelp, groupHelp, usageLine } from './help.ts';
import { nearest } from '../settings/nearest.ts';
import { plainText } from './output/plain-text.ts';
import { parseArguments } from './parse-arguments.ts';
import { UsageError } from './usage-error.ts';

/** The surroundings in which a command line runs. */
export type Surroundings = Omit<Context, 'did'>;

/** Runs one command line. @param words the words after `bulkhead` */
export async function runCommandLine(words: readonly string[], context: Surroundings): Promise<ExitCode> {
  const { terminal, signal } = context;
  if (words.length === 1 && ['--version', '-version', '-v'].includes(words[0] ?? '')) {
    return runCommandLine(['version'], context);
  }
  const askedForHelp = asksForHelp(words);
  const wanted = words[0] === 'help' ? words.slice(1) : words;
  const found = await findCommand(askedForHelp ? wanted.filter((word) => !isHelp(word)) : wanted);
  if (askedForHelp) {
    if (found.unknown !== undefined && found.node === undefined) return refuseWord(found, context);
    terminal.out(await helpOf(found));
    return exitCodes.ok;
  }
  const { node, path, rest } = found;
  if (node === undefined || isGroup(node)) return refuseWord(found, context);
  const done: string[] = [];
  const did = (what: string): void => {
    if (!done.includes(what)) done.push(what);
  };
  try {
    return await node.execute(parseArguments(rest, node.flags), { ...context, did });
  } catch (error) {
    signal.throwIfAborted();
    const isUsage = error instanceof UsageError;
    if (isUsage && done.length === 0) return refuse(error.message, usageLine(path, node), path, context);
    const { describeError } = await import('./describe-error.ts');
    for (const line of describeError(error, terminal.paintErr, node.flags)) terminal.err(line);
    for (const what of done) terminal.err(`  before that, ${plainText(what)}`);
    const code = isUsage ? exitCodes.usage : exitCodeOf(error);
    return done.length > 0 && code === exitCodes.usage ? exitCodes.no : code;
  }
}

interface Found {
  readonly path: readonly string[];
  /** The command or group that the words lead to; absent: the command table itself. */
  readonly node?: CommandNode | undefined;
  /** The words after the command's own. */
  readonly rest: readonly string[];
  /** The first word that is no command, and the commands that it could have been. */
  readonly unknown?: { readonly word: string; readonly known: readonly string[] } | undefined;
}

async function findCommand(words: readonly string[]): Promise<Found> {
  if (words.length === 0) return { path: [], rest: [] };
  let commands = await commandsFor(words[0]);
  let node: CommandNode | undefined;
  for (const [at, word] of words.entries()) {
    const path = words.slice(0, at);
    const rest = words.slice(at);
    if (node !== undefined && !isGroup(node)) return { path, node, rest };
    const next: CommandNode | undefined = commands.find(({ name }) => name === word);
    if (next === undefined)
      return { path, node, rest, unknown: { word, known: commands.map(({ name }) => name) } };
    node = next;
    commands = isGroup(next) ? next.commands : [];
  }
  return { path: words, node, rest: [] };
}

/** Returns the command that a word names, or all of them where it names none. */
async function commandsFor(word: string | undefined): Promise<readonly CommandNode[]> {
  const load = word !== undefined && Object.hasOwn(commandModules, word) ? commandModules[word] : undefined;
  return load ? [await load()] : (await import('./command-table.ts')).commandTable;
}

async function helpOf({ path, node }: Found): Promise<string> {
  if (node === undefined) return (await import('./overview-text.ts')).overviewText;
  return isGroup(node) ? groupHelp(path, node) : commandHelp(path, node);
}

/** Refuses a command line without a command, or with an unknown one. */
async function refuseWord({ path, node, unknown }: Found, context: Surroundings): Promise<ExitCode> {
  if (unknown === undefined) {
    context.terminal.err(await helpOf({ path, node, rest: [] }));
    return exitCodes.usage;
  }
  const near = nearest(unknown.word, unknown.known);
  const meant = near === undefined ? `; there are ${unknown.known.join(', ')}` : `; did you mean ${near}?`;
  const command = ['bulkhead', ...path].join(' ');
  return refuse(
    `${command} has no command ${unknown.word}${meant}`,
    `usage: ${command} COMMAND`,
    path,
    context,
  );
}

/** Prints an error in the same shape as others: what is wrong, the usage, and where to read more. */
function refuse(
  message: string,
  usage: string,
  path: readonly string[],
  { terminal }: Surroundings,
): ExitCode {
  terminal.err(`${terminal.paintErr('red', 'Error:')} ${message}`);
  terminal.err(`  ${usage}`);
  terminal.err(
    `${terminal.paintErr('cyan', 'Hint:')} Read bulkhead help${path.map((word) => ` ${word}`).join('')}.`,
  );
  return exitCodes.usage;
}

/** Whether the words begin with `help`, or contain a help flag before any `--`. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words[0] === 'help' || words.slice(0, end === -1 ? undefined : end).some(isHelp);
}

function isHelp(word: string): boolean {
  return ['-h', '-help', '--help'].includes(word);
}
