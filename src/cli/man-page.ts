/** The manual page bulkhead(1), made from the command table with groff's man macros (groff_man(7)). */
import { isGroup, type Command, type CommandNode } from './command.ts';
import { exitCodeMeanings } from './exit-codes.ts';
import { usageLine } from './help.ts';
import { shownFlag } from './parse-arguments.ts';

export function manPage(commands: readonly CommandNode[], summary: string, version: string): string {
  return [
    `.TH BULKHEAD 1 "" "bulkhead ${version}" "User Commands"`,
    '.SH NAME',
    `bulkhead \\- ${escaped(nameLine(summary))}`,
    '.SH SYNOPSIS',
    '.B bulkhead',
    '.I COMMAND',
    '[flags] [arguments]',
    '.SH DESCRIPTION',
    escaped(summary),
    '.PP',
    escaped('Flags are written -name=value, -name value, or with two dashes; - and _ in names are the same.'),
    '.SH COMMANDS',
    ...commands.flatMap((node) => commandsOf(node, [])),
    '.SH EXIT STATUS',
    ...exitCodeMeanings.flatMap(([code, meaning]) => ['.TP', `.B ${escaped(code)}`, escaped(meaning)]),
    '.SH ENVIRONMENT',
    ...environment.flatMap(([name, meaning]) => ['.TP', `.B ${escaped(name)}`, escaped(meaning)]),
    '',
  ].join('\n');
}

const environment: readonly (readonly [string, string])[] = [
  ['DOCKER_HOST, CONTAINER_HOST', 'the socket of the engine, as unix:///path'],
  [
    'DOCKER_CONTEXT, DOCKER_CONFIG',
    'the context of Docker that names the socket, and where its configuration is',
  ],
  ['DOCKER_API_VERSION', 'the version of the API that is spoken with Docker'],
  ['BULKHEAD_DIRECTORY', 'the folder of the catalogs, in place of ./bulkhead'],
  ['NO_COLOR', 'no colours'],
];

/** The first sentence as `whatis` shows it, without its first capital and its full stop. */
function nameLine(summary: string): string {
  const text = summary.replace(/\.$/, '');
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

function commandsOf(node: CommandNode, path: readonly string[]): string[] {
  const inside = [...path, node.name];
  return isGroup(node) ? node.commands.flatMap((inner) => commandsOf(inner, inside)) : command(node, inside);
}

function command(node: Command, path: readonly string[]): string[] {
  return [
    `.SS ${escaped(path.join(' '))}`,
    '.nf',
    `.B ${escaped(usageLine(path, node).replace(/^usage: /, ''))}`,
    '.fi',
    '.PP',
    escaped(`${node.summary.charAt(0).toUpperCase()}${node.summary.slice(1)}.`),
    ...node.details.flatMap((paragraph) => ['.PP', escaped(paragraph)]),
    ...Object.entries(node.flags).flatMap(([name, { value, short, summary }]) => {
      const long = value === undefined ? shownFlag(name) : `${shownFlag(name)}=${value}`;
      return ['.TP', `.B ${escaped(short === undefined ? long : `-${short}, ${long}`)}`, escaped(summary)];
    }),
    ...(node.examples.length === 0 ? [] : ['.PP', 'Examples:', '.nf']),
    ...node.examples.map((example) => escaped(`  bulkhead ${example}`)),
    ...(node.examples.length === 0 ? [] : ['.fi']),
  ];
}

/** Escapes text for groff: dashes stay ASCII dashes, and a line that begins with a dot or a quote stays text. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
