import type { Flag, Flags } from './flags.ts';
import { nearest } from '../settings/nearest.ts';
import { UsageError } from './usage-error.ts';

export interface ParsedArguments {
  /** The texts that were given for each flag, in order, by the flag's main name. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
}

/**
 * Separates flags from positionals. `-name=value`, `--name value` and `-name` are flags; `-` and `_` in names are the
 * same. Flags may stand before, between and after positionals; `--` ends them; a lone `-` is a positional.
 *
 * @throws UsageError for a flag that the command does not have, naming the nearest one that it has
 */
export function parseArguments(words: readonly string[], flags: Flags): ParsedArguments {
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      positionals.push(...rest.splice(0));
    } else if (word === '-' || !word.startsWith('-')) {
      positionals.push(word);
    } else {
      const [, written = '', , attached] = /^--?([^=]*)(=([\s\S]*))?$/.exec(word) ?? [];
      const [name, flag] = findFlag(written, flags);
      const texts = given.get(name) ?? [];
      texts.push(attached ?? valueOf(flag, written, rest));
      given.set(name, texts);
    }
  }
  return { flags: given, positionals };
}

/** The flag's name as it is shown to people, in Vault's spelling. */
export function shownFlag(name: string): string {
  return `-${name}`;
}

function findFlag(written: string, flags: Flags): [string, Flag<unknown>] {
  const plain = written.replaceAll('-', '_');
  for (const [name, flag] of Object.entries(flags)) {
    if (name === plain || flag.short === written || flag.alias === plain) return [name, flag];
  }
  const near = nearest(plain, Object.keys(flags));
  const meant = near === undefined ? '' : `; did you mean ${shownFlag(near)}?`;
  throw new UsageError(`there is no flag ${shownFlag(written)} here${meant}`);
}

function valueOf(flag: Flag<unknown>, written: string, rest: string[]): string {
  if (flag.value === undefined) return 'true';
  const next = rest.shift();
  if (next === undefined) throw new UsageError(`${shownFlag(written)} needs a value: ${flag.value}`);
  return next;
}
