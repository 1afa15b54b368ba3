import { isGroup, type CommandNode, type Words } from '../command.ts';
import type { Flag } from '../flags.ts';

/** The words that may follow the words `path`. The completion scripts of all shells are made from places. */
export interface Place {
  /** Words after `bulkhead`. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly flags: readonly { readonly name: string; readonly flag: Flag<unknown> }[];
  /** How each positional is completed. */
  readonly positionals: readonly ('file' | Words)[];
}

export function placesOf(table: readonly CommandNode[], path: readonly string[] = []): Place[] {
  const here: Place = {
    path,
    commands: table.map(({ name, summary }) => ({ name, summary })),
    flags: [],
    positionals: [],
  };
  const below = table.flatMap((node) => {
    const inner = [...path, node.name];
    if (isGroup(node)) return placesOf(node.commands, inner);
    const flags = Object.entries(node.flags).map(([name, flag]) => ({ name, flag }));
    return [
      {
        path: inner,
        commands: [],
        flags,
        positionals: node.positionals.map(({ complete = [] }) =>
          isList(complete) ? { words: complete, ask: '' } : complete,
        ),
      },
    ];
  });
  return [here, ...below];
}

function isList(complete: 'file' | readonly string[] | Words): complete is readonly string[] {
  return Array.isArray(complete);
}

/** The words that are offered for a flag's value, if any are known. */
export function wordsOfFlag({ choices, suggest }: Flag<unknown>): Words | undefined {
  return choices === undefined ? suggest : { words: choices, ask: '' };
}

/** Quotes any text for a shell, in single quotes. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
