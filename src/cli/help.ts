import { isGroup, type Command, type CommandGroup, type CommandNode, type Positional } from './command.ts';
import { exitCodeMeanings } from './exit-codes.ts';
import type { Flag } from './flags.ts';
import { shownFlag } from './parse-arguments.ts';

const width = 100;

/** `plugin info TYPE NAME [-version=VERSION]...`, without `bulkhead`. */
export function usageLine(path: readonly string[], { positionals, flags }: Command): string {
  const required = Object.entries(flags)
    .filter(([, flag]) => flag.required === true)
    .map(([name, flag]) => `${shownFlag(name)}=${flag.value ?? ''}`);
  const optional = Object.values(flags).some(({ required: must }) => must !== true);
  return [
    'usage: bulkhead',
    ...path,
    ...(optional ? ['[flags]'] : []),
    ...required,
    ...positionals.map(shownPositional),
  ].join(' ');
}

export function commandHelp(path: readonly string[], node: Command): string {
  const flags = Object.entries(node.flags).map(
    ([name, flag]) => [flagHead(name, flag), flag.summary] as const,
  );
  return [
    usageLine(path, node),
    '',
    ...wrapped(sentence(node.summary), ''),
    ...node.details.flatMap((paragraph) => ['', ...wrapped(paragraph, '')]),
    ...section('flags', columns(flags)),
    ...section(
      'examples',
      node.examples.map((example) => `  bulkhead ${example}`),
    ),
  ].join('\n');
}

export function groupHelp(path: readonly string[], group: CommandGroup): string {
  return [
    ['usage: bulkhead', ...path, 'COMMAND'].join(' '),
    '',
    ...wrapped(sentence(group.summary), ''),
    ...section('commands', columns(group.commands.map((node) => [headOf(node), node.summary]))),
    '',
    `bulkhead help ${path.join(' ')} COMMAND tells more.`,
  ].join('\n');
}

export function overview(commands: readonly CommandNode[], summary: string): string {
  return [
    'usage: bulkhead COMMAND',
    '',
    ...wrapped(summary, ''),
    ...section('commands', columns(commands.flatMap((node) => rows(node, [])))),
    ...section('exit codes', columns(exitCodeMeanings)),
    '',
    'Flags are written -name=value, -name value, or with two dashes; - and _ in names are the same.',
    'bulkhead help COMMAND tells more of a command.',
  ].join('\n');
}

function rows(node: CommandNode, path: readonly string[]): (readonly [string, string])[] {
  if (isGroup(node)) return node.commands.flatMap((inner) => rows(inner, [...path, node.name]));
  return [[[...path, headOf(node)].join(' '), node.summary]];
}

function headOf(node: CommandNode): string {
  if (isGroup(node)) return node.name;
  return [node.name, ...node.positionals.map(shownPositional)].join(' ');
}

function shownPositional({ name, optional, rest }: Positional): string {
  if (rest === true) return `[${name}...]`;
  return optional === true ? `[${name}]` : name;
}

function flagHead(name: string, { value, short }: Flag<unknown>): string {
  const long = value === undefined ? shownFlag(name) : `${shownFlag(name)}=${value}`;
  return short === undefined ? long : `-${short}, ${long}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines];
}

/** Prints two columns. If the text for the first one is too long, it gets a line of its own. */
function columns(entries: readonly (readonly [string, string])[]): string[] {
  const room = Math.min(34, Math.max(0, ...entries.map(([head]) => head.length)));
  return entries.flatMap(([head, description]) => {
    const lines = wrapped(description, ' '.repeat(room + 4));
    if (head.length > room) return [`  ${head}`, ...lines];
    return [`  ${head.padEnd(room)}  ${(lines[0] ?? '').trimStart()}`, ...lines.slice(1)];
  });
}

function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + word.length >= width) {
      lines.push(indent + line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
